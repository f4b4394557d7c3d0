import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BufferPool } from "../shared/buffers.ts";
import type { Bus, Subscription } from "../shared/bus/port.ts";
import { asTesseraError, type ErrorCode, TesseraError } from "../shared/errors.ts";
import type { Fingerprint } from "../shared/ops/fingerprint.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import { canvasBytes } from "./canvas/canvas.ts";
import { closeCodecPool } from "./codec/pool.ts";
import { type DispatchCounts, Dispatcher, type TileEvent } from "./dispatch/dispatcher.ts";
import type { Assignment } from "./dispatch/stage_run.ts";
import { checkOutput, type OutputSpec, outputSpec } from "./export/output.ts";
import type { Profile } from "./ingest/ingest.ts";
import { hasEnded, type JobRecord, type JobRequest, type JobView, PRIORITY } from "./jobs/job.ts";
import { JobRun, resultName } from "./jobs/job_run.ts";
import { Progress, viewOf } from "./jobs/progress.ts";
import type { Limits } from "./limits.ts";
import { Packing } from "./packing/packing.ts";
import { uprightSteps } from "./plan/orientation.ts";
import { type Plan, planPipeline } from "./plan/plan.ts";
import { probe } from "./probe/probe.ts";
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
/** Failures that another try may not have: these jobs' files are kept for a while. */
const KEPT: ReadonlySet<ErrorCode> = new Set(["tile_failed", "tile_lost"]);
const SWEEP_EVERY_MS = 600_000;
const NEVER = Number.POSITIVE_INFINITY;

const TILE_SIZE = { default: 512, minimum: 64, maximum: 1024 } as const;

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
  /** Something outside is wrong that mends itself or has to be mended; work waits for it. */
  readonly onTrouble?: (fault: TesseraError) => void;
}

export interface SubmitRequest {
  readonly source: JobRequest["source"];
  readonly pipeline: unknown;
  readonly output?: Partial<OutputSpec>;
  readonly profile?: Profile;
  readonly tileSize?: number;
  /** 0 to 9; of two jobs whose priorities differ by one, the higher one gets twice as many tiles done. */
  readonly priority?: number;
  readonly id?: string;
}

interface Active {
  readonly run: JobRun;
  readonly progress: Progress;
  priority: number;
}

/** Takes jobs in, runs them to their end, and takes up after a restart what a crash left. */
export class Master {
  private readonly store: JobStore;
  private readonly dispatcher: Dispatcher;
  private readonly now: () => number;
  private readonly active = new Map<string, Active>();
  private readonly queue = new JobQueue();
  private readonly roster: Roster;
  private readonly packing: Packing;
  private readonly name = `master-${randomUUID()}`;
  private readonly running = new Map<string, Promise<void>>();
  private readonly listeners = new Set<(job: JobView) => void>();
  private readonly waiting = new Map<string, ((job: JobView) => void)[]>();
  private subscriptions: Subscription[] = [];
  private sweeper: Timer | undefined;
  private stopping = false;

  constructor(private readonly options: MasterOptions) {
    this.now = options.now ?? Date.now;
    mkdirSync(join(options.dir, "jobs"), { recursive: true });
    mkdirSync(this.uploadDir, { recursive: true });
    this.store = new JobStore(join(options.dir, "tessera.sqlite"), options.durable, this.now);
    const { bus, buffers, leaseMs, fingerprint, silence } = options;
    const { silentAfterMs, lostAfterMs } = silence ?? { silentAfterMs: NEVER, lostAfterMs: NEVER };
    this.roster = new Roster({ fingerprint, now: this.now, silentAfterMs, lostAfterMs });
    this.packing = new Packing(buffers);
    this.dispatcher = new Dispatcher({
      ...{ bus, buffers, leaseMs, roster: this.roster, packing: this.packing, now: this.now },
      master: this.name,
      onTile: (assignment, event) => this.tile(assignment, event),
      onTrouble: (fault) => this.options.onTrouble?.(fault),
    });
  }

  /** Where uploads are written to before they are submitted; on the same disk as everything else. */
  get uploadDir(): string {
    return join(this.options.dir, "uploads");
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
    this.removeOrphans(unfinished);
    // Those that were under way come before those that waited.
    const begun = ({ state }: JobRecord) => (state === "queued" ? 1 : 0);
    for (const job of unfinished.sort((a, b) => begun(a) - begun(b))) if (!job.paused) this.enqueue(job);
    this.sweeper = setInterval(() => this.sweep(), SWEEP_EVERY_MS);
    this.schedule();
  }

  /** Stops in good order: what is under way is interrupted and goes on at the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.sweeper);
    for (const { run } of this.active.values())
      run.stop(new TesseraError("bus_closed", "The master is stopping."));
    await Promise.allSettled(this.running.values());
    this.dispatcher.stop();
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
    await Promise.all([this.packing.close(), closeCodecPool()]);
    this.store.close();
  }

  /**
   * Checks a job and queues it. The source is probed (its header only) and the pipeline planned first, so that what
   * cannot work is refused here.
   */
  async submit(request: SubmitRequest): Promise<JobView> {
    this.refuseIfStopping();
    const tileSize = within("Tile size", TILE_SIZE, request.tileSize);
    const priority = within("Priority", PRIORITY, request.priority);
    const steps = parsePipeline(request.pipeline);
    const { metadata: _, ...probed } = await probe(request.source.path, this.options.limits);
    const output = outputSpec(request.output ?? {}, probed.type);
    const pipeline = [...uprightSteps(probed.orientation), ...steps];
    const plan = planPipeline(pipeline, probed.shape, tileSize, this.options.limits.pixelsMax);
    checkOutput(output, plan.output);
    this.checkDisk(plan);
    const { source, profile = "srgb" } = request;
    const { width, height } = plan.output;
    const planned = { stages: plan.stages.length, tiles: plan.tiles, width, height };
    const stored: JobRequest = { source, probe: probed, pipeline, output, profile, tileSize, planned };
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
  wait(id: string): Promise<JobView> {
    return new Promise((resolve) => {
      const now = this.view(id);
      if (hasEnded(now.state)) {
        resolve(now);
        return;
      }
      const waiting = this.waiting.get(id);
      if (waiting === undefined) this.waiting.set(id, [resolve]);
      else waiting.push(resolve);
    });
  }

  /** Stops a job at once and frees its disk. @throws job_not_found, job_not_active */
  cancel(id: string): JobView {
    const { state } = this.view(id);
    if (!this.store.cancel(id)) throw new TesseraError("job_not_active", `Its state is ${state}.`);
    this.queue.remove(id);
    const active = this.active.get(id);
    if (active !== undefined) active.run.stop(new TesseraError("job_cancelled"));
    else this.discard(id);
    return this.told(id);
  }

  /** Interrupts a job and gives its place to others, until it is resumed. @throws job_not_found, job_not_active */
  pause(id: string): JobView {
    const { state } = this.view(id);
    if (!this.store.pause(id)) throw new TesseraError("job_not_active", `Its state is ${state}.`);
    this.queue.remove(id);
    this.active.get(id)?.run.stop(new TesseraError("job_paused"));
    return this.told(id);
  }

  /** Takes a paused job up where it stood. @throws job_not_found, job_not_active */
  resume(id: string): JobView {
    const { state } = this.view(id);
    if (!this.store.resume(id)) throw new TesseraError("job_not_active", `Its state is ${state}.`);
    // One that has not stopped yet is taken up when it has.
    if (!this.running.has(id)) this.enqueue(this.store.get(id)!);
    this.schedule();
    return this.told(id);
  }

  /** Tries a job again that failed by a tile; what was done stays done. @throws job_not_found, job_not_failed */
  retry(id: string): JobView {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    const kept = isKept(record) && existsSync(record.request.source.path) && !this.running.has(id);
    if (!kept || !this.store.retry(id))
      throw new TesseraError("job_not_failed", `Its state is ${record.state}.`);
    this.enqueue(this.store.get(id)!);
    this.schedule();
    return this.told(id);
  }

  /** @throws job_not_found, job_not_active, request_invalid */
  setPriority(id: string, priority: number): JobView {
    const { state } = this.view(id);
    within("Priority", PRIORITY, priority);
    if (!this.store.setPriority(id, priority))
      throw new TesseraError("job_not_active", `Its state is ${state}.`);
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
    const path = join(this.jobDir(id), resultName(record));
    if (record.state !== "done" || !existsSync(path))
      throw new TesseraError("job_not_done", `Its state is ${record.state}.`);
    return path;
  }

  /** Told of every change of a job and every tile. Returns how to end it. */
  onProgress(listener: (job: JobView) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private enqueue(record: JobRecord): void {
    this.queue.add(record.id, record.priority, isLarge(record));
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
      this.discard(record.id);
      this.tell(this.view(record.id));
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
      dir: this.jobDir(id),
      openBytesMax: bus.packs ? OPEN_BYTES.distributed : OPEN_BYTES.here,
      weight: () => 2 ** ((this.active.get(id)?.priority ?? record.priority) - PRIORITY.default),
      onChange: () => this.tell(this.view(id)),
      onDead: (letter) =>
        bus
          .publish("dead-letters", letter)
          .catch((thrown) => this.options.onTrouble?.(asTesseraError(thrown))),
    });
    this.active.set(id, { run, progress, priority: record.priority });
    this.running.set(id, this.follow(id, run));
  }

  /** Waits for a run and writes down how it ended. */
  private async follow(id: string, run: JobRun): Promise<void> {
    try {
      this.store.finish(id, await run.run());
    } catch (thrown) {
      this.fail(id, thrown);
    }
    this.active.delete(id);
    if (!this.stopping) {
      // A result is there to be had before its canvases are gone; anything else has ended once its disk is free.
      const view = this.view(id);
      if (view.state === "done") this.tell(view);
      // Not on this thread, which gigabytes would hold up. What cannot be removed is found again at the next start.
      await Promise.allSettled(this.leftovers(id).map((path) => rm(path, { recursive: true, force: true })));
      if (view.state !== "done") this.tell(view);
    }
    this.running.delete(id);
    if (this.stopping) return;
    // Paused and resumed before it had stopped.
    const record = this.store.get(id);
    if (record !== undefined && !hasEnded(record.state) && !record.paused) this.enqueue(record);
    this.schedule();
  }

  private fail(id: string, thrown: unknown): void {
    const error = asTesseraError(thrown);
    if (error.code === "internal") console.error(error.cause ?? error);
    // Interrupted by a stop or a pause, it stays as it is and goes on later.
    if (!this.stopping && error.code !== "job_paused") this.store.fail(id, error.code, error.message);
  }

  /** All files of an ended job but its result. */
  private leftovers(id: string): string[] {
    const record = this.store.get(id);
    if (record === undefined || !hasEnded(record.state) || isKept(record)) return [];
    return this.filesOf(record);
  }

  private filesOf(record: JobRecord): string[] {
    const { id } = record;
    const { source } = record.request;
    const dir = this.jobDir(id);
    const files = existsSync(dir) ? readdirSync(dir).filter((file) => file !== resultName(record)) : [];
    const unwanted = record.state === "done" ? files.map((file) => join(dir, file)) : [dir];
    return source.owned ? [...unwanted, source.path] : unwanted;
  }

  private discard(id: string): void {
    for (const path of this.leftovers(id)) rmSync(path, { recursive: true, force: true });
  }

  /** What a crash left between an upload and its job, or between a job's end and its clean-up. */
  private removeOrphans(unfinished: readonly JobRecord[]): void {
    this.sweep();
    const kept = this.store.endedBefore("failed", NEVER).filter(isKept);
    const wanted = new Set([...unfinished, ...kept].map(({ request }) => request.source.path));
    for (const file of readdirSync(this.uploadDir)) {
      const path = join(this.uploadDir, file);
      if (!wanted.has(path)) rmSync(path, { force: true });
    }
    for (const id of readdirSync(join(this.options.dir, "jobs"))) {
      if (this.store.get(id) === undefined) rmSync(this.jobDir(id), { recursive: true, force: true });
      else this.discard(id);
    }
  }

  /** Nobody has tried them again in time: their files go, their rows stay. */
  private sweep(): void {
    const before = this.now() - this.options.limits.failedKeptMs;
    for (const record of this.store.endedBefore("failed", before)) {
      if (!isKept(record)) continue;
      for (const path of this.filesOf(record)) rmSync(path, { recursive: true, force: true });
    }
  }

  private tile({ run }: Assignment, event: TileEvent): void {
    const { job } = run.needs;
    this.active.get(job)?.progress.tile(event);
    if (event !== "sent" && this.listeners.size > 0) this.tell(this.view(job));
  }

  private tell(view: JobView): void {
    for (const listener of this.listeners) listener(view);
    if (!hasEnded(view.state)) return;
    for (const resolve of this.waiting.get(view.id) ?? []) resolve(view);
    this.waiting.delete(view.id);
  }

  private told(id: string): JobView {
    const view = this.view(id);
    this.tell(view);
    return view;
  }

  private view(id: string): JobView {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    return this.show(record);
  }

  private show(record: JobRecord): JobView {
    return viewOf(record, this.active.get(record.id)?.progress, this.now());
  }

  /** Refuses a job whose canvases would not leave the disk the room that it has to keep. */
  private checkDisk(plan: Plan): void {
    const { bavail, bsize } = statfsSync(this.options.dir);
    const last = plan.stages.at(-1)!;
    const needed = canvasBytes(plan.stages[0]!.input) + 2 * canvasBytes(last.output);
    if (bavail * bsize - needed < this.options.limits.freeBytesMin)
      throw new TesseraError("disk_full", `The job needs about ${Math.ceil(needed / 2 ** 20)} MiB.`);
  }

  private refuseIfStopping(): void {
    if (this.stopping) throw new TesseraError("bus_closed", "The master is stopping.");
  }

  private activeLarge(): number {
    return [...this.active.values()].filter(({ run }) => isLarge(run.record)).length;
  }

  private jobDir(id: string): string {
    return join(this.options.dir, "jobs", id);
  }
}

const isKept = ({ state, error }: JobRecord): boolean =>
  state === "failed" && error !== undefined && KEPT.has(error.code);

const isLarge = ({ request }: JobRecord): boolean =>
  request.probe.width * request.probe.height > LARGE_PIXELS;

/** @throws request_invalid */
function within(
  what: string,
  { default: usual, minimum, maximum }: { default: number; minimum: number; maximum: number },
  value = usual,
): number {
  if (!Number.isInteger(value) || value < minimum || value > maximum)
    throw new TesseraError(
      "request_invalid",
      `${what}: expected a whole number from ${minimum} to ${maximum}.`,
    );
  return value;
}
