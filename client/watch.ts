import type { JobView } from "../shared/api/job.ts";
import { ENDED_STATES } from "../shared/api/states.ts";
import { type ErrorCode, TesseraError } from "../shared/errors.ts";
import type { Connection } from "./connection.ts";
import { events } from "./events.ts";
import { OPERATIONS } from "./operations.ts";
import { pause } from "./patience.ts";

/** Between one look and the next, where a server does not tell by itself. */
const FIRST_MS = 50;
const LONGEST_MS = 1000;
/** As many of the newest as the list gives. */
const LISTED_MAX = 1000;
/** Of so many jobs it is known what was told of them. */
const KNOWN_MAX = 10_000;

const ENDED: ReadonlySet<string> = new Set(ENDED_STATES);

/** Whether nothing will change any more. */
export const hasEnded = ({ state }: JobView): boolean => ENDED.has(state);

export type Watching = AsyncGenerator<JobView, void, undefined>;

/** A job as it is now, and then whenever it has changed, until it has ended. */
export async function* watch(connection: Connection, id: string, signal?: AbortSignal): Watching {
  let seen: JobView | undefined;
  for await (const job of either(tellsOf(connection, id, signal), () => looksAt(connection, id, signal))) {
    if (seen !== undefined && !differs(seen, job)) continue;
    seen = job;
    yield job;
    if (hasEnded(job)) return;
  }
}

/** All of the caller's jobs that are at work, and those that come: each whenever it has changed. */
export async function* watchAll(connection: Connection, signal?: AbortSignal): Watching {
  const seen = new Map<string, JobView>();
  let first = true;
  for await (const jobs of either(tellsOfAll(connection, signal), () => looksAtAll(connection, signal))) {
    for (const job of jobs) {
      const before = seen.get(job.id);
      seen.delete(job.id); // those that were told last are last
      seen.set(job.id, job);
      // What had ended before we looked is no news.
      if (before === undefined ? !(first && hasEnded(job)) : differs(before, job)) yield job;
    }
    first = false;
    for (const id of [...seen.keys()].slice(0, Math.max(0, seen.size - KNOWN_MAX))) seen.delete(id);
  }
}

async function* tellsOf(connection: Connection, id: string, signal?: AbortSignal): Watching {
  for await (const message of events(connection, [`job:${id}`], signal)) {
    if (message.type === "gone") throw new TesseraError("job_not_found");
    if (message.type === "job") yield message.job;
  }
}

async function* looksAt(connection: Connection, id: string, signal?: AbortSignal): Watching {
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(LONGEST_MS, waitMs * 1.5)) {
    yield (await connection.call(OPERATIONS.getJob, { id }, signal && { signal })) as JobView;
    await pause(waitMs, signal);
  }
}

async function* tellsOfAll(connection: Connection, signal?: AbortSignal) {
  for await (const message of events(connection, ["jobs"], signal))
    if (message.type === "jobs") yield message.snapshot ? message.jobs.toReversed() : message.jobs;
}

async function* looksAtAll(connection: Connection, signal?: AbortSignal) {
  for (;;) {
    const call = connection.call(OPERATIONS.listJobs, { limit: LISTED_MAX }, signal && { signal });
    yield ((await call) as { readonly jobs: JobView[] }).jobs.toReversed();
    await pause(LONGEST_MS, signal);
  }
}

/** The server does not tell: it has no events, or too many watch. Looking is then the way. */
const TELLS_NOT: ReadonlySet<ErrorCode> = new Set(["server_unlike", "too_many_watchers"]);

async function* either<T>(told: AsyncGenerator<T>, look: () => AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* told;
  } catch (thrown) {
    if (!(thrown instanceof TesseraError && TELLS_NOT.has(thrown.code))) throw thrown;
    yield* look();
  }
}

/** Time alone passes in any case. */
const differs = (one: JobView, other: JobView): boolean =>
  one.state !== other.state ||
  one.priority !== other.priority ||
  one.progress.tiles_done !== other.progress.tiles_done ||
  one.progress.tiles_retried !== other.progress.tiles_retried;
