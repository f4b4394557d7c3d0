import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BufferPool } from "../shared/buffers.ts";
import type { Bus, Subscription } from "../shared/bus/port.ts";
import { asTesseraError, TesseraError } from "../shared/errors.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import { canvasBytes } from "./canvas/canvas.ts";
import { closeCodecPool } from "./codec/pool.ts";
import { Dispatcher, type TileEvent } from "./dispatch/dispatcher.ts";
import type { Assignment } from "./dispatch/stage_run.ts";
import { checkOutput, type OutputSpec, outputSpec } from "./export/output.ts";
import type { Profile } from "./ingest/ingest.ts";
import { hasEnded, type JobRecord, type JobRequest, type JobView } from "./jobs/job.ts";
import { JobRun, resultName } from "./jobs/job_run.ts";
import { Progress, viewOf } from "./jobs/progress.ts";
import type { Limits } from "./limits.ts";
import { uprightSteps } from "./plan/orientation.ts";
import { type Plan, planPipeline } from "./plan/plan.ts";
import { probe } from "./probe/probe.ts";
import { JobStore } from "./store/store.ts";

/** Jobs under way at once, and how many of them may be large, so that a small one never waits behind large ones. */
const ACTIVE_MAX = 4;
const LARGE_MAX = 2;
const LARGE_PIXELS = 64_000_000;

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
  readonly now?: () => number;
}

export interface SubmitRequest {
  readonly source: JobRequest["source"];
  readonly pipeline: unknown;
  readonly output?: Partial<OutputSpec>;
  readonly profile?: Profile;
  readonly tileSize?: number;
  readonly id?: string;
}

interface Active {
  readonly run: JobRun;
  readonly progress: Progress;
}

/** Takes jobs in, runs them to their end, and takes up after a restart what a crash left. */
export class Master {
  private readonly store: JobStore;
  private readonly dispatcher: Dispatcher;
  private readonly now: () => number;
  private readonly active = new Map<string, Active>();
  private readonly queue: string[] = [];
  private readonly running = new Map<string, Promise<void>>();
  private readonly listeners = new Set<(job: JobView) => void>();
  private readonly waiting = new Map<string, ((job: JobView) => void)[]>();
  private results: Subscription | undefined;
  private stopping = false;

  constructor(private readonly options: MasterOptions) {
    this.now = options.now ?? Date.now;
    mkdirSync(join(options.dir, "jobs"), { recursive: true });
    mkdirSync(this.uploadDir, { recursive: true });
    this.store = new JobStore(join(options.dir, "tessera.sqlite"), options.durable, this.now);
    this.dispatcher = new Dispatcher({
      bus: options.bus,
      buffers: options.buffers,
      window: 2 * options.threads + 1,
      leaseMs: options.leaseMs,
      now: this.now,
      onTile: (assignment, event) => this.tile(assignment, event),
    });
  }

  /** Where uploads are written to before they are submitted; on the same disk as everything else. */
  get uploadDir(): string {
    return join(this.options.dir, "uploads");
  }

  /** Takes up every unfinished job where it stood, and begins to work. */
  start(): void {
    this.results = this.options.bus.subscribe("results", 1, async (result) =>
      this.dispatcher.receive(result),
    );
    this.dispatcher.start();
    const unfinished = this.store.unfinished();
    this.removeOrphans(unfinished);
    // Those that were under way come before those that waited.
    const begun = ({ state }: JobRecord) => (state === "queued" ? 1 : 0);
    for (const job of unfinished.sort((a, b) => begun(a) - begun(b))) this.queue.push(job.id);
    this.schedule();
  }

  /** Stops in good order: what is under way is interrupted and goes on at the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { run } of this.active.values())
      run.stop(new TesseraError("bus_closed", "The master is stopping."));
    await Promise.allSettled(this.running.values());
    this.dispatcher.stop();
    await this.results?.close();
    await closeCodecPool();
    this.store.close();
  }

  /**
   * Checks a job and queues it. The source is probed (its header only) and the pipeline planned first, so that what
   * cannot work is refused here.
   */
  async submit(request: SubmitRequest): Promise<JobView> {
    this.refuseIfStopping();
    const tileSize = validTileSize(request.tileSize ?? TILE_SIZE.default);
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
    this.store.insert(id, stored);
    this.queue.push(id);
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
    const waiting = this.queue.indexOf(id);
    if (waiting >= 0) this.queue.splice(waiting, 1);
    const active = this.active.get(id);
    if (active !== undefined) active.run.stop(new TesseraError("job_cancelled"));
    else this.discard(id);
    const view = this.view(id);
    this.tell(view);
    return view;
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

  private schedule(): void {
    for (let i = 0; i < this.queue.length && !this.stopping && this.active.size < ACTIVE_MAX; ) {
      const record = this.store.get(this.queue[i]!);
      if (record !== undefined && isLarge(record) && this.activeLarge() >= LARGE_MAX) {
        i++;
        continue;
      }
      this.queue.splice(i, 1);
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
    const { buffers, limits, durable, threads } = this.options;
    const run = new JobRun(record, plan, {
      store: this.store,
      dispatcher: this.dispatcher,
      buffers,
      limits,
      dir: this.jobDir(id),
      durable,
      threads,
      now: this.now,
      onChange: () => this.tell(this.view(id)),
    });
    this.active.set(id, { run, progress });
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
      this.schedule();
    }
    this.running.delete(id);
  }

  private fail(id: string, thrown: unknown): void {
    const error = asTesseraError(thrown);
    if (error.code === "internal") console.error(error.cause ?? error);
    // Interrupted by a stop, it stays as it is and goes on at the next start.
    if (!this.stopping) this.store.fail(id, error.code, error.message);
  }

  /** All files of an ended job but its result. */
  private leftovers(id: string): string[] {
    const record = this.store.get(id);
    if (record === undefined || !hasEnded(record.state)) return [];
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
    const wanted = new Set(unfinished.map(({ request }) => request.source.path));
    for (const file of readdirSync(this.uploadDir)) {
      const path = join(this.uploadDir, file);
      if (!wanted.has(path)) rmSync(path, { force: true });
    }
    for (const id of readdirSync(join(this.options.dir, "jobs"))) {
      if (this.store.get(id) === undefined) rmSync(this.jobDir(id), { recursive: true, force: true });
      else this.discard(id);
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

const isLarge = ({ request }: JobRecord): boolean =>
  request.probe.width * request.probe.height > LARGE_PIXELS;

function validTileSize(size: number): number {
  const { minimum, maximum } = TILE_SIZE;
  if (!Number.isInteger(size) || size < minimum || size > maximum)
    throw new TesseraError(
      "request_invalid",
      `Tile size: expected a whole number from ${minimum} to ${maximum}.`,
    );
  return size;
}
