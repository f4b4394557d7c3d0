import type { Client } from "../../client/client.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import type { Tone } from "../design/badge.tsx";

export type KeyView = Awaited<ReturnType<Client["revokeKey"]>>;

export interface KeyState {
  readonly word: "Active" | "Expired" | "Revoked";
  readonly tone: Tone;
}

export function stateOf({ revoked_at, expires_at }: KeyView, nowMs: number): KeyState {
  if (revoked_at !== undefined) return { word: "Revoked", tone: "idle" };
  if (expires_at !== undefined && Date.parse(expires_at) <= nowMs) return { word: "Expired", tone: "warn" };
  return { word: "Active", tone: "good" };
}

/** What a scope lets its bearer do. */
export const MEANS: Readonly<Record<Scope, string>> = {
  submit: "Send images and pipelines",
  read: "See jobs, results and workers",
  operate: "Cancel, pause, retry, delete, replay",
  admin: "All of it, of everyone, drain workers, manage keys",
};
