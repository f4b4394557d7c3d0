import type { Scope } from "../../shared/api/scopes.ts";
import type { KeyRecord } from "../store/keys.ts";

/** Who asks, and what they may do. */
export interface Caller {
  /** Jobs belong to their owner; it is stable over the caller's keys and sessions. */
  readonly owner: string;
  /** For people and logs. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** How they said so. */
  readonly by: "nothing" | "key" | "session" | "token";
  /** Id of the key that they sent or signed in with. */
  readonly key?: string;
  /** When they have to say so anew. */
  readonly expiresMs?: number;
}

/** Whose jobs are that nobody was asked about: on the command line, and where there are no credentials. */
export const LOCAL_OWNER = "local";

/** Whoever reaches a server that nobody but this machine can reach. */
export const LOCAL: Caller = {
  owner: LOCAL_OWNER,
  name: LOCAL_OWNER,
  scopes: new Set(["admin"]),
  by: "nothing",
};

/** Who was not asked: of a route that is open to everyone. */
export const STRANGER: Caller = { owner: "", name: "", scopes: new Set(), by: "nothing" };

/** `admin` may everything. */
export const may = ({ scopes }: Caller, scope: Scope): boolean => scopes.has("admin") || scopes.has(scope);

/** Who has shown a key, or has signed in with it. */
export const callerOf = ({ id, owner, name, scopes, expiresMs }: KeyRecord, by: Caller["by"]): Caller => ({
  ...{ owner, name, scopes: new Set(scopes), by, key: id },
  ...(expiresMs !== null && { expiresMs }),
});
