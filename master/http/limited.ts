/** The limits of an address and of an owner, as the edge keeps them. */
import type { MiddlewareHandler } from "hono";
import { asTesseraError } from "../../shared/errors.ts";
import type { Caller } from "../access/caller.ts";
import type { Gate } from "../access/gate.ts";
import { ClientAddress } from "../limiting/address.ts";
import type { Limiter, Standings } from "../limiting/limiter.ts";
import type { SocketOutlet } from "./events/socket.ts";
import { problem } from "./problem.ts";

/** What Bun hands to a handler beside the request: the server. */
interface ServerBindings {
  /** Until their answers are taken; WebSockets are none. */
  readonly pendingRequests?: number;
  timeout?(request: Request, seconds: number): void;
  upgrade?(request: Request, options: { data: SocketOutlet; headers: Headers }): boolean;
  requestIP?(request: Request): { readonly address: string } | null;
}

/** Where a request comes from, and what may still come from there. */
interface Origin {
  /** For people who look for it in logs. */
  requestId: string;
  address: string;
  standings: Standings;
}

export interface Environment {
  Bindings: ServerBindings;
  Variables: Origin;
}

/** Finds out where a request comes from, and refuses it if too many do; every answer says what is left. */
export function limited(limiter: Limiter, trustedProxies: readonly string[]): MiddlewareHandler<Environment> {
  const clients = new ClientAddress(trustedProxies);
  return async (context, next) => {
    const peer = context.env?.requestIP?.(context.req.raw)?.address;
    const address = clients.of(peer, context.req.header("x-forwarded-for") ?? null);
    const standings: Standings = new Map();
    context.set("address", address);
    context.set("standings", standings);
    try {
      limiter.requestFrom(address, standings);
    } catch (thrown) {
      context.res = problem(thrown, context.var.requestId);
      addHeaders(context.res.headers, standings);
      return;
    }
    await next();
    addHeaders(context.res.headers, standings);
  };
}

/** Headers in which a key or a token may stand: whoever sends one that is wrong has failed to sign in. */
const CREDENTIALS = ["authorization", "x-api-key", "sec-websocket-protocol"];

/** @throws unauthorized, rate_limited */
export async function identify(
  request: Request,
  { address, standings }: Origin,
  gate: Gate,
  limiter: Limiter,
): Promise<Caller> {
  const shows = CREDENTIALS.some((name) => request.headers.has(name));
  if (shows) limiter.beforeSignIn(address);
  let caller: Caller;
  try {
    caller = await gate.identify(request);
  } catch (thrown) {
    if (shows && asTesseraError(thrown).code === "unauthorized") limiter.signInFailed(address);
    throw thrown;
  }
  limiter.requestOf(caller.owner, standings);
  return caller;
}

const WINDOW_S = 60;

/** Source: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4. */
function addHeaders(headers: Headers, standings: Standings): void {
  if (standings.size === 0) return;
  const all = [...standings];
  const policies = all.map(([name, { perMinute }]) => `"${name}";q=${perMinute};w=${WINDOW_S}`);
  const left = all.map(
    ([name, { left, wholeInMs }]) => `"${name}";r=${left};t=${Math.ceil(wholeInMs / 1000)}`,
  );
  headers.set("ratelimit-policy", policies.join(", "));
  headers.set("ratelimit", left.join(", "));
}
