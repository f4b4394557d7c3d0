import type { Master } from "../master.ts";
import { createEdge, type EdgeOptions } from "./edge.ts";
import { jobHandlers } from "./handlers/jobs.ts";
import { systemHandlers } from "./handlers/system.ts";
import { workerHandlers } from "./handlers/workers.ts";
import type { SubmitOptions } from "./submit.ts";

export interface AppOptions extends SubmitOptions, Omit<EdgeOptions, "limiter"> {}

/** The HTTP edge of a master. It holds no state: all of it is the master's. */
export function createApp(master: Master, options: AppOptions): ReturnType<typeof createEdge> {
  const handlers = { ...jobHandlers(master, options), ...workerHandlers(master), ...systemHandlers() };
  return createEdge(handlers, { ...options, limiter: master.limiter });
}
