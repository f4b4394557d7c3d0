import type { JOBS } from "../../../shared/api/routes/jobs.ts";
import { TesseraError } from "../../../shared/errors.ts";
import type { Master } from "../../master.ts";
import { result } from "../result.ts";
import type { Handlers } from "../route_call.ts";
import { type SubmitOptions, submit } from "../submit.ts";

export const jobHandlers = (master: Master, options: SubmitOptions): Handlers<typeof JOBS> => ({
  submitJob: (call) => submit(call, master, options),
  listJobs: ({ query }) => ({ jobs: master.jobs(query.limit) }),
  getJob: ({ params }) => {
    const job = master.job(params.id);
    if (job === undefined) throw new TesseraError("job_not_found");
    return job;
  },
  getResult: ({ params, request }) => result(request, master, params.id),
  cancelJob: ({ params }) => master.cancel(params.id),
  pauseJob: ({ params }) => master.pause(params.id),
  resumeJob: ({ params }) => master.resume(params.id),
  retryJob: ({ params }) => master.retry(params.id),
  prioritizeJob: ({ params, query }) => master.setPriority(params.id, query.priority),
});
