import { ENDED_STATES, type JobView } from "../shared/api/job.ts";
import { JOBS } from "../shared/api/routes/jobs.ts";
import type { Connection } from "./connection.ts";
import { pause } from "./patience.ts";

const FIRST_MS = 50;
const LONGEST_MS = 1000;
/** As many of the newest as the list gives. */
const LISTED_MAX = 1000;

const ENDED: ReadonlySet<string> = new Set(ENDED_STATES);

/** Whether nothing will change any more. */
export const hasEnded = ({ state }: JobView): boolean => ENDED.has(state);

/** A job as it is now, and then whenever it has changed, until it has ended. */
export async function* watch(
  connection: Connection,
  id: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<JobView, void, undefined> {
  let seen: JobView | undefined;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 1.5)) {
    const job = (await connection.call(JOBS.getJob, { id }, signal && { signal })) as JobView;
    if (seen === undefined || differs(seen, job)) {
      seen = job;
      yield job;
      if (hasEnded(job)) return;
    }
    await pause(waitMs, signal);
  }
}

/** All of the caller's jobs that are at work, and those that come: each whenever it has changed, until the signal. */
export async function* watchAll(
  connection: Connection,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<JobView, void, undefined> {
  let seen: ReadonlyMap<string, JobView> | undefined;
  for (;;) {
    const call = connection.call(JOBS.listJobs, { limit: LISTED_MAX }, signal && { signal });
    const { jobs } = (await call) as { jobs: JobView[] };
    for (const job of jobs.toReversed()) {
      const before = seen?.get(job.id);
      // What had ended before we looked is no news.
      if (before === undefined ? seen !== undefined || !hasEnded(job) : differs(before, job)) yield job;
    }
    seen = new Map(jobs.map((job) => [job.id, job]));
    await pause(LONGEST_MS, signal);
  }
}

/** Time alone passes in any case. */
const differs = (one: JobView, other: JobView): boolean =>
  one.state !== other.state ||
  one.priority !== other.priority ||
  one.progress.tiles_done !== other.progress.tiles_done ||
  one.progress.tiles_retried !== other.progress.tiles_retried;
