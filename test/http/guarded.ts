import { Access, type AccessOptions } from "../../master/access/access.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import type { Bench } from "../engine/harness.ts";
import { type Edge, edgeOf } from "./edge.ts";

export const ALL: readonly Scope[] = ["submit", "read", "operate", "admin"];

/** For tests in which one address fails to sign in as often as a whole town. */
export const UNLIMITED = { each: { ...DEFAULT_LIMITS.each, signInFailuresPerMinute: 0 } };

/** An edge that asks for credentials, and keys for it. */
export interface Guarded {
  readonly app: Edge;
  readonly access: Access;
  /** A new key. */
  key(scopes?: readonly Scope[], owner?: string): string;
  /** The header with a new key. */
  as(scopes?: readonly Scope[], owner?: string): { authorization: string };
}

export function guard(bench: Pick<Bench, "master">, options: AccessOptions = {}): Guarded {
  const access = new Access(options);
  const key = (scopes = ALL, owner = "somebody") =>
    access.keys.create({ name: "of a test", owner, scopes }).secret;
  key(); // from now on everybody needs one
  const as = (...args: Parameters<typeof key>) => ({ authorization: `Bearer ${key(...args)}` });
  return { app: edgeOf(bench, { access }), access, key, as };
}
