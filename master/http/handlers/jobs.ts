import type { JOBS } from "../../../shared/api/routes/jobs.ts";
import type { Master } from "../../master.ts";
import { result } from "../result.ts";
import type { Handlers } from "../route_call.ts";
import { type SubmitOptions, submit } from "../submit.ts";
import { ownerOf, ownJob } from "./own.ts";

export const jobHandlers = (master: Master, options: SubmitOptions): Handlers<typeof JOBS> => ({
  submitJob: (call) => submit(call, master, options),
  listJobs: ({ query, caller }) => ({ jobs: master.jobs(query.limit, ownerOf(caller)) }),
  getJob: ({ params, caller }) => ownJob(master, caller, params.id),
  getTiles: ({ params, caller }) => master.tiles(ownJob(master, caller, params.id).id),
  getResult: ({ params, caller, request }) => result(request, master, ownJob(master, caller, params.id).id),
  cancelJob: ({ params, caller }) => master.cancel(ownJob(master, caller, params.id).id),
  pauseJob: ({ params, caller }) => master.pause(ownJob(master, caller, params.id).id),
  resumeJob: ({ params, caller }) => master.resume(ownJob(master, caller, params.id).id),
  retryJob: ({ params, caller }) => master.retry(ownJob(master, caller, params.id).id),
  prioritizeJob: ({ params, query, caller }) =>
    master.setPriority(ownJob(master, caller, params.id).id, query.priority),
});
