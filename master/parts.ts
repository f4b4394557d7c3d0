import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Batches } from "./batches/batches.ts";
import { AwakeClock, everyBySystem } from "./clock.ts";
import { Dispatcher, type TileEvent } from "./dispatch/dispatcher.ts";
import type { Assignment } from "./dispatch/stage_run.ts";
import { JobFiles } from "./jobs/job_files.ts";
import { Retention } from "./jobs/retention.ts";
import { JobRunner } from "./jobs/runner.ts";
import { ShownJobs } from "./jobs/shown_jobs.ts";
import { JobWatchers } from "./jobs/watchers.ts";
import { Limiter } from "./limiting/limiter.ts";
import { Figures } from "./monitoring/figures.ts";
import type { MasterOptions } from "./options.ts";
import { DEFAULT_OUTBOUND, Outbound } from "./outbound/outbound.ts";
import { Packing } from "./packing/packing.ts";
import { Previews } from "./preview/previews.ts";
import { BatchStore } from "./store/batches.ts";
import { Database } from "./store/database.ts";
import { DeadLetterStore } from "./store/dead_letters.ts";
import { DeliveryStore } from "./store/deliveries.ts";
import { Idempotency } from "./store/idempotency.ts";
import { JobExpiry } from "./store/job_expiry.ts";
import { JobList } from "./store/job_list.ts";
import { JobStore } from "./store/store.ts";
import { UploadStore } from "./store/uploads.ts";
import { Uploads } from "./uploads/uploads.ts";
import { DEFAULT_WEBHOOKS, Webhooks } from "./webhooks/webhooks.ts";
import { Roster } from "./workers/roster.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** A pause of this process that is nobody's delay; shorter ones are an event loop at work. */
const STANDSTILL_MS = 1000;

export type Parts = ReturnType<typeof makeParts>;

type Given = ReturnType<typeof givenOf>;
type Kept = ReturnType<typeof keep>;
type Engine = ReturnType<typeof engine>;

/** What a master is made of. Nothing of it works before `Master.start`. */
export function makeParts(options: MasterOptions) {
  const given = givenOf(options);
  const kept = keep(given);
  const atWork = engine(given, kept);
  return { ...given, ...kept, ...atWork, ...front(given, kept, atWork) };
}

function givenOf(options: MasterOptions) {
  const { now = Date.now, every = everyBySystem, onTrouble = () => {} } = options;
  return { ...options, now, every, onTrouble, watchers: new JobWatchers(), leaving: new AbortController() };
}

/** What outlives the process: files and rows, and who clears them away. */
function keep({ dir, limits, durable, now, onTrouble, watchers, leaving }: Given) {
  const files = new JobFiles(dir, limits, now);
  const db = new Database(join(dir, "tessera.sqlite"), durable);
  const store = new JobStore(db, now);
  const once = new Idempotency(db, now);
  const uploads = new Uploads({
    ...{ store: new UploadStore(db), dir: files.uploads, limits, now, leaving: leaving.signal },
  });
  const retention = new Retention({
    ...{ store, expiry: new JobExpiry(db), files, once, uploads, limits, now, onTrouble },
    onGone: (job) => watchers.touch(job),
  });
  const deadLetters = new DeadLetterStore(db);
  return { files, db, store, once, uploads, retention, listed: new JobList(db), deadLetters };
}

/** What takes a queued job to its result: the runner, the dispatcher, the bus and workers, and back. */
function engine(given: Given, { store, files, deadLetters }: Kept) {
  const { bus, buffers, leaseMs, limits, durable, threads, now, every, onTrouble, watchers, leaving } = given;
  const { fingerprint, silence } = given;
  const { silentAfterMs, lostAfterMs } = silence ?? { silentAfterMs: NEVER, lostAfterMs: NEVER };
  const clock = new AwakeClock(now, Math.min(silentAfterMs / 4, STANDSTILL_MS));
  const roster = new Roster({ fingerprint, clock, silentAfterMs, lostAfterMs });
  const packing = new Packing(buffers);
  const master = `master-${randomUUID()}`;
  const dispatcher = new Dispatcher({
    ...{ bus, buffers, leaseMs, clock, every, master, roster, packing },
    onTile: (assignment, event) => tile(assignment, event),
    onTrouble: (fault) => leaving.signal.aborted || onTrouble(fault),
  });
  const runner: JobRunner = new JobRunner({
    ...{ master, bus, buffers, store, files, deadLetters, dispatcher },
    ...{ limits, durable, threads, now, onTrouble },
    onChange: (job) => watchers.tell(shown.show(job)),
    onMarked: ({ owner, batch: id }) => id !== undefined && watchers.touchBatch({ id, owner }),
  });
  const shown = new ShownJobs({ store, runner, now });
  const tile = (assignment: Assignment, event: TileEvent): void => {
    const change = runner.tile(assignment, event);
    if (change !== undefined) watchers.tile(change);
    if (event.what === "sent") return;
    const { job: id } = assignment.run.needs;
    const job = runner.nameOf(id);
    if (job !== undefined) watchers.touch(job);
    if (watchers.any) watchers.tell(shown.view(id));
  };
  return { roster, packing, dispatcher, runner, shown };
}

/** What callers meet beside the jobs themselves. */
function front(given: Given, { db, store, files }: Kept, { runner, shown }: Engine) {
  const { dir, bus, limits, now, every, watchers } = given;
  const outbound = new Outbound({ ...DEFAULT_OUTBOUND, ...given.outbound });
  const webhooks = new Webhooks({
    ...{ ...DEFAULT_WEBHOOKS, ...given.webhooks, now, every, outbound },
    ...{ store: new DeliveryStore(db, now), job: (id: string) => shown.find(id) },
  });
  watchers.addEnded(() => webhooks.send());
  const figures = new Figures({ bus, files, runner, now, every });
  watchers.addTile((change) => figures.tile(change));
  return {
    ...{ limiter: new Limiter(limits.each, now), outbound, webhooks, figures },
    batches: new Batches({
      ...{ store: new BatchStore(db, now), files, limits, now },
      onTouch: (batch) => watchers.touchBatch(batch),
    }),
    pictures: new Previews({ dir, limits, store, files, now, runner }),
  };
}
