import type { WORKERS } from "../../../shared/api/routes/workers.ts";
import type { Master } from "../../master.ts";
import type { Handlers } from "../route_call.ts";

export const workerHandlers = (master: Master): Handlers<typeof WORKERS> => ({
  drainWorker: ({ params }) => master.roster.hold(params.id, true),
  undrainWorker: ({ params }) => master.roster.hold(params.id, false),
  listWorkers: () => ({ workers: master.workers() }),
});
