import type { Scope } from "../../shared/api/scopes.ts";

/** Who asks, and what they may do. */
export interface Caller {
  /** Jobs belong to their owner; it is stable over the caller's keys and sessions. */
  readonly owner: string;
  /** For people and logs. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** Whose jobs are that nobody was asked about: on the command line, and where there are no credentials. */
export const LOCAL_OWNER = "local";

/** `admin` may everything. */
export const may = ({ scopes }: Caller, scope: Scope): boolean => scopes.has("admin") || scopes.has(scope);
