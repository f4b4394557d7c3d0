import type { Access } from "../access/access.ts";
import type { Gate } from "../access/gate.ts";
import type { EventHub } from "../events/hub.ts";
import type { Master } from "../master.ts";
import type { Metrics } from "../monitoring/metrics.ts";
import { createEdge, type EdgeOptions } from "./edge.ts";
import { batchHandlers } from "./handlers/batches.ts";
import { bulkHandlers } from "./handlers/bulk.ts";
import { deadLetterHandlers } from "./handlers/dead_letters.ts";
import { editingHandlers } from "./handlers/editing.ts";
import { eventHandlers } from "./handlers/events.ts";
import { jobHandlers } from "./handlers/jobs.ts";
import { keyHandlers } from "./handlers/keys.ts";
import { pictureHandlers } from "./handlers/pictures.ts";
import { sessionHandlers } from "./handlers/session.ts";
import { systemHandlers } from "./handlers/system.ts";
import { uploadHandlers } from "./handlers/uploads.ts";
import { webhookHandlers } from "./handlers/webhooks.ts";
import { workerHandlers } from "./handlers/workers.ts";
import type { SubmitOptions } from "./incoming/submit.ts";
import { servePage } from "./page.ts";

export interface AppOptions
  extends SubmitOptions,
    Omit<EdgeOptions, "limiter" | "onAnswered" | "gate" | "secure" | "corsOrigins"> {
  readonly access: Access;
  /** For tests: in place of the access' own. */
  readonly gate?: Gate;
  readonly events: EventHub;
  readonly metrics: Metrics;
}

/** The HTTP edge of a master. It holds no state: all of it is the master's. */
export function createApp(master: Master, options: AppOptions): ReturnType<typeof createEdge> {
  const { access, events, metrics, gate = access } = options;
  const handlers = {
    ...bulkHandlers(master),
    ...jobHandlers(master, options),
    ...uploadHandlers(master, options),
    ...batchHandlers(master, options),
    ...webhookHandlers(master),
    ...workerHandlers(master),
    ...deadLetterHandlers(master),
    ...eventHandlers(events, gate),
    ...systemHandlers(master, metrics),
    ...pictureHandlers(master),
    ...editingHandlers(master, options),
    ...keyHandlers(access.keys),
    ...sessionHandlers(access),
  };
  const { secure, corsOrigins } = access;
  const app = createEdge(handlers, {
    ...options,
    gate,
    secure,
    corsOrigins,
    limiter: master.limiter,
    onAnswered: (answered) => metrics.answered(answered),
  });
  servePage(app);
  return app;
}
