import { ENDED_STATES, type JobView } from "../shared/api/job.ts";
import { JOBS } from "../shared/api/routes/jobs.ts";
import type { Connection } from "./connection.ts";
import { pause } from "./patience.ts";

const FIRST_MS = 50;
const LONGEST_MS = 1000;

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

/** Time alone passes in any case. */
const differs = (one: JobView, other: JobView): boolean =>
  one.state !== other.state ||
  one.priority !== other.priority ||
  one.progress.tiles_done !== other.progress.tiles_done ||
  one.progress.tiles_retried !== other.progress.tiles_retried;
