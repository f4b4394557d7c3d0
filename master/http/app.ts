import type { EventHub } from "../events/hub.ts";
import type { Master } from "../master.ts";
import { createEdge, type EdgeOptions } from "./edge.ts";
import { eventHandlers } from "./handlers/events.ts";
import { jobHandlers } from "./handlers/jobs.ts";
import { systemHandlers } from "./handlers/system.ts";
import { workerHandlers } from "./handlers/workers.ts";
import type { SubmitOptions } from "./submit.ts";

export interface AppOptions extends SubmitOptions, Omit<EdgeOptions, "limiter"> {
  readonly events: EventHub;
}

/** The HTTP edge of a master. It holds no state: all of it is the master's. */
export function createApp(master: Master, options: AppOptions): ReturnType<typeof createEdge> {
  const handlers = {
    ...jobHandlers(master, options),
    ...workerHandlers(master),
    ...eventHandlers(options.events, options.gate),
    ...systemHandlers(),
  };
  return createEdge(handlers, { ...options, limiter: master.limiter });
}
