import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BufferPool } from "../shared/buffers.ts";
import type { DeadLetter } from "../shared/bus/messages.ts";
import type { Bus, Subscription } from "../shared/bus/port.ts";
import { asTesseraError, TesseraError } from "../shared/errors.ts";
import type { Fingerprint } from "../shared/ops/fingerprint.ts";
import { AwakeClock, type Every, everyBySystem } from "./clock.ts";
import { closeCodecPool } from "./codec/pool.ts";
import { type DispatchCounts, Dispatcher, type TileEvent } from "./dispatch/dispatcher.ts";
import type { Assignment } from "./dispatch/stage_run.ts";
import { hasEnded, type JobRecord, type JobView, PRIORITY } from "./jobs/job.ts";
import { JobFiles } from "./jobs/job_files.ts";
import { JobRun } from "./jobs/job_run.ts";
import { Progress, viewOf } from "./jobs/progress.ts";
import { prepareJob, type SubmitRequest, validPriority } from "./jobs/submission.ts";
import { JobWatchers } from "./jobs/watchers.ts";
import type { Limits } from "./limits.ts";
import { Packing } from "./packing/packing.ts";
import { planPipeline } from "./plan/plan.ts";
import { JobQueue } from "./queue.ts";
import { JobStore } from "./store/store.ts";
import { Roster, type WorkerView } from "./workers/roster.ts";

/** Jobs under way at once, and how many of them may be large, so that a small one never waits behind large ones. */
const ACTIVE_MAX = 4;
const LARGE_MAX = 2;
const LARGE_PIXELS = 64_000_000;

/** Bytes of its image that a stage holds at a time: enough for this process' threads, or for many workers. */
const OPEN_BYTES = { here: 32 << 20, distributed: 128 << 20 };
/** Results unpacked at a time, over Kafka. */
const RESULTS_AT_ONCE = 8;
const LETTER_LIMIT_MS = 5000;
const SWEEP_EVERY_MS = 600_000;
const NEVER = Number.POSITIVE_INFINITY;
/** A pause of this process that is nobody's delay; shorter ones are an event loop at work. */
const STANDSTILL_MS = 1000;

export interface MasterOptions {
  readonly dir: string;
  readonly bus: Bus;
  readonly buffers: BufferPool;
  readonly limits: Limits;
  /** Threads that compute tiles; sets the dispatch window and the strips encoded at once. */
  readonly threads: number;
  /** False: nothing is synced, for a folder that is thrown away. */
  readonly durable: boolean;
  readonly leaseMs: number;
  /** Of this process' ops: workers with another get no tiles. */
  readonly fingerprint: Fingerprint;
  /** Milliseconds without a heartbeat; by default never, for a worker in the same process. */
  readonly silence?: { readonly silentAfterMs: number; readonly lostAfterMs: number };
  readonly now?: () => number;
  readonly every?: Every;
  /** Something outside is wrong that mends itself or has to be mended; work waits for it. */
  readonly onTrouble?: (fault: TesseraError) => void;
}

interface Active {
  readonly run: JobRun;
  readonly progress: Progress;
  priority: number;
}

/** Takes jobs in, runs them to their end, and takes up after a restart what a crash left. */
export class Master {
  private readonly files: JobFiles;
  private readonly store: JobStore;
  private readonly dispatcher: Dispatcher;
  private readonly now: () => number;
  private readonly every: Every;
  private readonly active = new Map<string, Active>();
  private readonly queue = new JobQueue();
  private readonly roster: Roster;
  private readonly packing: Packing;
  private readonly name = `master-${randomUUID()}`;
  private readonly running = new Map<string, Promise<void>>();
  /** Dead letters under way, by job. */
  private readonly letters = new Map<string, Promise<unknown>>();
  private readonly watchers = new JobWatchers();
  private subscriptions: Subscription[] = [];
  private endSweeps: (() => void) | undefined;
  private stopping = false;

  constructor(private readonly options: MasterOptions) {
    this.now = options.now ?? Date.now;
    this.every = options.every ?? everyBySystem;
    this.files = new JobFiles(options.dir, options.limits, this.now);
    this.store = new JobStore(join(options.dir, "tessera.sqlite"), options.durable, this.now);
    const { bus, buffers, leaseMs, fingerprint, silence } = options;
    const { silentAfterMs, lostAfterMs } = silence ?? { silentAfterMs: NEVER, lostAfterMs: NEVER };
    const clock = new AwakeClock(this.now, Math.min(silentAfterMs / 4, STANDSTILL_MS));
    this.roster = new Roster({ fingerprint, clock, silentAfterMs, lostAfterMs });
    this.packing = new Packing(buffers);
    this.dispatcher = new Dispatcher({
      ...{
        bus,
        buffers,
        leaseMs,
        roster: this.roster,
        packing: this.packing,
        clock,
        every: this.every,
      },
      master: this.name,
      onTile: (assignment, event) => this.tile(assignment, event),
      onTrouble: (fault) => this.stopping || this.options.onTrouble?.(fault),
    });
  }

  /** Where uploads are written to before they are submitted. */
  get uploadDir(): string {
    return this.files.uploads;
  }

  /** Takes up every unfinished job where it stood, and begins to work. */
  start(): void {
    const { bus } = this.options;
    const results = bus.subscribe("results", bus.packs ? RESULTS_AT_ONCE : 1, (result) =>
      this.dispatcher.receive(result),
    );
    const heartbeats = bus.follow("heartbeats", (beat) => {
      this.roster.hear(beat);
      if (beat.phase === "left") this.dispatcher.left(beat.worker);
      this.dispatcher.pump();
    });
    this.subscriptions = [results, heartbeats];
    // An answer that came before we listen would be missed.
    results.ready.then(
      () => this.stopping || this.dispatcher.start(),
      () => {},
    );
    const unfinished = this.store.unfinished();
    this.files.removeOrphans(this.store, unfinished);
    // Those that were under way come before those that waited.
    const begun = ({ state }: JobRecord) => (state === "queued" ? 1 : 0);
    for (const job of unfinished.sort((a, b) => begun(a) - begun(b))) if (!job.paused) this.enqueue(job);
    this.endSweeps = this.every(SWEEP_EVERY_MS, () => this.files.sweep(this.store));
    this.schedule();
  }

  /** Stops in good order: what is under way is interrupted and goes on at the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endSweeps?.();
    for (const { run } of this.active.values())
      run.stop(new TesseraError("bus_closed", "The master is stopping."));
    await Promise.allSettled(this.running.values());
    this.dispatcher.stop();
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
    await Promise.all([this.packing.close(), closeCodecPool()]);
    this.store.close();
  }

  /** Checks a job and queues it: what cannot work is refused here. @throws what `prepareJob` throws, disk_full */
  async submit(request: SubmitRequest): Promise<JobView> {
    this.refuseIfStopping();
    const { stored, plan, priority } = await prepareJob(request, this.options.limits);
    this.files.checkRoom(plan);
    this.refuseIfStopping(); // the probe took its time
    const id = request.id ?? randomUUID();
    this.store.insert(id, stored, priority);
    this.enqueue(this.store.get(id)!);
    this.schedule();
    return this.view(id);
  }

  job(id: string): JobView | undefined {
    const record = this.store.get(id);
    return record && this.show(record);
  }

  /** The newest jobs first. */
  jobs(limit = 100): JobView[] {
    return this.store.list(limit).map((record) => this.show(record));
  }

  /** Resolves with the job once it has ended. @throws job_not_found */
  async wait(id: string): Promise<JobView> {
    const now = this.view(id);
    return hasEnded(now.state) ? now : this.watchers.end(id);
  }

  /** Stops a job at once and frees its disk. @throws job_not_found, job_not_active */
  cancel(id: string): JobView {
    this.unended(id);
    this.store.cancel(id);
    this.queue.remove(id);
    const active = this.active.get(id);
    if (active !== undefined) active.run.stop(new TesseraError("job_cancelled"));
    else this.files.discard(this.store.get(id)!);
    return this.told(id);
  }

  /** Interrupts a job and gives its place to others, until it is resumed. @throws job_not_found, job_not_active */
  pause(id: string): JobView {
    const view = this.unended(id);
    if (!this.store.pause(id)) return view;
    this.queue.remove(id);
    this.active.get(id)?.run.stop(new TesseraError("job_paused"));
    return this.told(id);
  }

  /** Takes a paused job up where it stood. @throws job_not_found, job_not_active */
  resume(id: string): JobView {
    const view = this.unended(id);
    if (!this.store.resume(id)) return view;
    this.enqueueOnceFree(id);
    this.schedule();
    return this.told(id);
  }

  /** Tries a job again that failed by a tile; what was done stays done. @throws job_not_found, job_not_failed */
  retry(id: string): JobView {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    if (!this.files.areKept(record) || !this.store.retry(id))
      throw new TesseraError("job_not_failed", `Its state is ${record.state}.`);
    this.enqueueOnceFree(id);
    this.schedule();
    return this.told(id);
  }

  /** @throws job_not_found, job_not_active, request_invalid */
  setPriority(id: string, priority: number): JobView {
    this.unended(id);
    this.store.setPriority(id, validPriority(priority));
    this.queue.setPriority(id, priority);
    const active = this.active.get(id);
    if (active !== undefined) active.priority = priority;
    return this.told(id);
  }

  /** Everyone who works, or did so lately. */
  workers(): WorkerView[] {
    return this.roster.list();
  }

  /** What has gone over the bus since the start. */
  dispatched(): DispatchCounts {
    return { ...this.dispatcher.counts };
  }

  /** The finished file. @throws job_not_found, job_not_done */
  resultPath(id: string): string {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    const path = this.files.resultOf(record);
    if (path === undefined) throw new TesseraError("job_not_done", `Its state is ${record.state}.`);
    return path;
  }

  /** Told of every change of a job and every tile. Returns how to end it. */
  onProgress(listener: (job: JobView) => void): () => void {
    return this.watchers.add(listener);
  }

  private enqueue(record: JobRecord): void {
    this.queue.add(record.id, record.priority, isLarge(record));
  }

  /** One whose run has not let go of everything yet is taken up when it has. */
  private enqueueOnceFree(id: string): void {
    if (!this.running.has(id)) this.enqueue(this.store.get(id)!);
  }

  private schedule(): void {
    while (!this.stopping && this.active.size < ACTIVE_MAX) {
      const id = this.queue.take(this.activeLarge() < LARGE_MAX);
      if (id === undefined) return;
      const record = this.store.get(id);
      if (record !== undefined && !hasEnded(record.state)) this.beginOrFail(record);
    }
  }

  /** A job from before a restart may be above the limits that there are now. */
  private beginOrFail(record: JobRecord): void {
    try {
      this.begin(record);
    } catch (thrown) {
      this.fail(record.id, thrown);
      this.files.discard(this.store.get(record.id)!);
      this.watchers.tell(this.view(record.id));
    }
  }

  private begin(record: JobRecord): void {
    const { id } = record;
    const { pipeline, probe, tileSize } = record.request;
    const plan = planPipeline(pipeline, probe.shape, tileSize, this.options.limits.pixelsMax);
    const progress = new Progress(this.now);
    for (const { index } of plan.stages)
      progress.take(this.store.triedTiles(id, index).filter(({ done }) => done).length);
    const { bus, buffers, limits, durable, threads } = this.options;
    const { store, dispatcher, now, name: master } = this;
    const run: JobRun = new JobRun(record, plan, {
      ...{ master, store, dispatcher, buffers, limits, durable, threads, now },
      dir: this.files.folderOf(id),
      workersApart: bus.packs,
      openBytesMax: bus.packs ? OPEN_BYTES.distributed : OPEN_BYTES.here,
      weight: () => 2 ** ((this.active.get(id)?.priority ?? record.priority) - PRIORITY.default),
      onChange: () => this.watchers.tell(this.view(id)),
      onDead: (letter) => void this.letters.set(id, this.post(letter)),
    });
    this.active.set(id, { run, progress, priority: record.priority });
    this.running.set(id, this.follow(id, run));
  }

  /** Waits for a run and writes down how it ended. */
  private async follow(id: string, run: JobRun): Promise<void> {
    try {
      this.store.finish(id, await run.run());
    } catch (thrown) {
      // Who sees the job failed finds the letter.
      await this.letters.get(id);
      this.letters.delete(id);
      this.fail(id, thrown);
    }
    this.active.delete(id);
    if (this.stopping) return;
    const ended = this.store.get(id)!;
    // A result is there to be had before its canvases are gone; anything else has ended once its disk is free.
    if (ended.state === "done") this.watchers.tell(this.show(ended));
    // Not on this thread, which gigabytes would hold up. What cannot be removed is found again at the next start.
    const leftovers = this.files.leftovers(ended);
    await Promise.allSettled(leftovers.map((path) => rm(path, { recursive: true, force: true })));
    this.running.delete(id);
    if (this.stopping) return;
    const record = this.store.get(id)!;
    // Resumed, or tried again, before it had let go of everything.
    if (!hasEnded(record.state) && !record.paused) this.enqueue(record);
    // Only now: whoever is told may do with it what its state allows.
    if (ended.state !== "done") this.watchers.tell(this.show(record));
    this.schedule();
  }

  /** The job does not wait for it for ever. */
  private post(letter: DeadLetter): Promise<unknown> {
    const sent = this.options.bus.publish("dead-letters", letter);
    return Promise.race([sent, new Promise((resolve) => setTimeout(resolve, LETTER_LIMIT_MS).unref())]).catch(
      (thrown) => this.options.onTrouble?.(asTesseraError(thrown)),
    );
  }

  private fail(id: string, thrown: unknown): void {
    const error = asTesseraError(thrown);
    if (error.code === "internal") console.error(error.cause ?? error);
    // Interrupted by a stop or a pause, it stays as it is and goes on later.
    if (!this.stopping && error.code !== "job_paused") this.store.fail(id, error.code, error.message);
  }

  private tile({ run }: Assignment, event: TileEvent): void {
    const { job } = run.needs;
    this.active.get(job)?.progress.tile(event);
    if (event !== "sent" && this.watchers.any) this.watchers.tell(this.view(job));
  }

  private told(id: string): JobView {
    const view = this.view(id);
    this.watchers.tell(view);
    return view;
  }

  private view(id: string): JobView {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    return this.show(record);
  }

  private show(record: JobRecord): JobView {
    const { id, state, request } = record;
    const done = () => (state === "done" ? request.planned.tiles : this.store.tilesDone(id));
    return viewOf(record, this.active.get(id)?.progress ?? done(), this.now());
  }

  /** @throws job_not_found, job_not_active */
  private unended(id: string): JobView {
    const view = this.view(id);
    if (hasEnded(view.state)) throw new TesseraError("job_not_active", `Its state is ${view.state}.`);
    return view;
  }

  private refuseIfStopping(): void {
    if (this.stopping) throw new TesseraError("bus_closed", "The master is stopping.");
  }

  private activeLarge(): number {
    return [...this.active.values()].filter(({ run }) => isLarge(run.record)).length;
  }
}

const isLarge = ({ request }: JobRecord): boolean =>
  request.probe.width * request.probe.height > LARGE_PIXELS;
