import type { JOBS } from "../../../shared/api/routes/jobs.ts";
import { ownJob } from "../../access/own.ts";
import type { Master } from "../../master.ts";
import { cursorOf, placeOf } from "../cursor.ts";
import { type SubmitOptions, submit } from "../incoming/submit.ts";
import { result, source } from "../result.ts";
import type { Handlers } from "../route_call.ts";
import { filterOf } from "./job_filter.ts";

export const jobHandlers = (master: Master, options: SubmitOptions): Handlers<typeof JOBS> => ({
  submitJob: (call) => submit(call, master, options),
  listJobs({ query, caller }) {
    const { limit = 100, cursor, ...filter } = query;
    const { jobs, next, previous } = master.list(filterOf(filter, caller), limit, placeOf(cursor));
    return {
      jobs: [...jobs],
      ...(next !== undefined && { next_cursor: cursorOf(next) }),
      ...(previous !== undefined && { previous_cursor: cursorOf(previous) }),
    };
  },
  getJob: ({ params, caller }) => ownJob(master, caller, params.id),
  async deleteJob({ params, caller }) {
    await master.remove([ownJob(master, caller, params.id).id]);
    return new Response(null, { status: 204 });
  },
  getEvents({ params, query, caller }) {
    const { limit = 1000, cursor } = query;
    const events = master.events(ownJob(master, caller, params.id).id, limit + 1, placeOf(cursor));
    const shown = events.slice(0, limit);
    return {
      events: shown.map(({ number: _, ...event }) => event),
      ...(events.length > limit && { next_cursor: cursorOf(shown.at(-1)!.number) }),
    };
  },
  async getTiles({ params, caller }) {
    const map = master.tileMap(ownJob(master, caller, params.id).id);
    await map.complete();
    return map.view();
  },
  getResult: ({ params, caller, request }) => result(request, master, ownJob(master, caller, params.id).id),
  getSource: ({ params, caller, request }) => source(request, master, ownJob(master, caller, params.id).id),
  cancelJob: ({ params, caller }) => master.cancel(ownJob(master, caller, params.id).id),
  pauseJob: ({ params, caller }) => master.pause(ownJob(master, caller, params.id).id),
  resumeJob: ({ params, caller }) => master.resume(ownJob(master, caller, params.id).id),
  retryJob: ({ params, caller }) => master.retry(ownJob(master, caller, params.id).id),
  prioritizeJob: ({ params, query, caller }) =>
    master.setPriority(ownJob(master, caller, params.id).id, query.priority),
});
