/** Each request can be found again: by its sender, by us, and by what stands between. */
import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { log } from "../../shared/log.ts";
import type { Environment } from "./limited.ts";

/** What others may call a request; anything else would have to be cleaned wherever it is written. */
const ID = /^[\w.:-]{1,100}$/;

/** A request that has been answered. */
export interface Answered {
  readonly method: string;
  /** The pattern of its path, never the path itself: of those there are as many as anyone likes. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

/** Gives a request its name, or takes the one that it has, and tells of it in the answer and in the log. */
export function followed(onAnswered: (answered: Answered) => void): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const given = context.req.header("x-request-id") ?? "";
    const requestId = ID.test(given) ? given : randomUUID();
    const began = performance.now();
    context.set("requestId", requestId);
    await next();
    context.res.headers.set("x-request-id", requestId);
    const { method, routePath: route } = context.req;
    const answered = { method, route, status: context.res.status, ms: performance.now() - began };
    onAnswered(answered);
    log.debug(`${method} ${route}: ${answered.status}`, { request_id: requestId, ...answered });
  };
}
