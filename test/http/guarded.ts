import { Access, type AccessOptions } from "../../master/access/access.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import type { Bench } from "../engine/harness.ts";
import { type Edge, edgeOf } from "./edge.ts";

export const ALL: readonly Scope[] = ["submit", "read", "operate", "admin"];

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
