import { type Caller, LOCAL_OWNER } from "./caller.ts";

/** Tells who asks. */
export interface Gate {
  /** @throws unauthorized */
  identify(request: Request): Caller | Promise<Caller>;
}

/** Whoever reaches a server that nobody but this machine can reach. */
const LOCAL: Caller = { owner: LOCAL_OWNER, name: LOCAL_OWNER, scopes: new Set(["admin"]) };

/** Without credentials: everyone is the same caller. Only for a loopback address. */
export const OPEN_GATE: Gate = { identify: () => LOCAL };
