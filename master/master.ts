import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { TileMapView } from "../shared/api/tiles.ts";
import type { BufferPool } from "../shared/buffers.ts";
import type { Bus, Subscription } from "../shared/bus/port.ts";
import { TesseraError } from "../shared/errors.ts";
import type { Fingerprint } from "../shared/ops/fingerprint.ts";
import { AwakeClock, type Every, everyBySystem } from "./clock.ts";
import { closeCodecPool } from "./codec/pool.ts";
import { type DispatchCounts, Dispatcher, type TileEvent } from "./dispatch/dispatcher.ts";
import type { Assignment } from "./dispatch/stage_run.ts";
import { hasEnded, type JobRecord, type JobView } from "./jobs/job.ts";
import { JobFiles } from "./jobs/job_files.ts";
import { viewOf } from "./jobs/progress.ts";
import { JobRunner } from "./jobs/runner.ts";
import { prepareJob, type SubmitRequest, validPriority } from "./jobs/submission.ts";
import { type TileChange, TileMap } from "./jobs/tile_map.ts";
import { type JobName, JobWatchers } from "./jobs/watchers.ts";
import { Limiter } from "./limiting/limiter.ts";
import type { Limits } from "./limits.ts";
import { DEFAULT_OUTBOUND, Outbound, type OutboundOptions } from "./outbound/outbound.ts";
import { Packing } from "./packing/packing.ts";
import { planPipeline } from "./plan/plan.ts";
import { Database } from "./store/database.ts";
import { DeliveryStore } from "./store/deliveries.ts";
import { JobStore } from "./store/store.ts";
import { DEFAULT_WEBHOOKS, type WebhookOptions, Webhooks } from "./webhooks/webhooks.ts";
import { Roster, type WorkerView } from "./workers/roster.ts";

/** Results unpacked at a time, over Kafka. */
const RESULTS_AT_ONCE = 8;
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
  /** Where it may go for images; by default what the settings have. */
  readonly outbound?: Partial<OutboundOptions>;
  /** How the ends of jobs are told; by default what the settings have. */
  readonly webhooks?: Partial<WebhookOptions>;
  /** Something outside is wrong that mends itself or has to be mended; work waits for it. */
  readonly onTrouble?: (fault: TesseraError) => void;
}

/** Takes jobs in, runs them to their end, and takes up after a restart what a crash left. */
export class Master {
  /** Refuses what is too much of one owner, or of one address. */
  readonly limiter: Limiter;
  /** The way to addresses that callers name. */
  readonly outbound: Outbound;
  readonly webhooks: Webhooks;
  private readonly files: JobFiles;
  private readonly db: Database;
  private readonly store: JobStore;
  private readonly dispatcher: Dispatcher;
  private readonly runner: JobRunner;
  private readonly now: () => number;
  private readonly every: Every;
  private readonly roster: Roster;
  private readonly packing: Packing;
  private readonly name = `master-${randomUUID()}`;
  private readonly watchers = new JobWatchers();
  private readonly tileListeners = new Set<(change: TileChange) => void>();
  private subscriptions: Subscription[] = [];
  private endSweeps: (() => void) | undefined;
  private stopping = false;

  constructor(private readonly options: MasterOptions) {
    this.now = options.now ?? Date.now;
    this.every = options.every ?? everyBySystem;
    this.limiter = new Limiter(options.limits.each, this.now);
    this.outbound = new Outbound({ ...DEFAULT_OUTBOUND, ...options.outbound });
    this.files = new JobFiles(options.dir, options.limits, this.now);
    this.db = new Database(join(options.dir, "tessera.sqlite"), options.durable);
    this.store = new JobStore(this.db, this.now);
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
    const { limits, durable, threads, onTrouble } = options;
    const { name: master, store, files, dispatcher, now } = this;
    this.runner = new JobRunner({
      ...{ master, bus, buffers, store, files, dispatcher, limits, durable, threads, now, onTrouble },
      onChange: (job) => this.tell(this.show(job)),
    });
    this.webhooks = new Webhooks({
      ...{ ...DEFAULT_WEBHOOKS, ...options.webhooks, now, every: this.every, outbound: this.outbound },
      store: new DeliveryStore(this.db, now),
      job: (id) => this.job(id),
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
    for (const job of unfinished.sort((a, b) => begun(a) - begun(b)))
      if (!job.paused) this.runner.enqueue(job);
    this.endSweeps = this.every(SWEEP_EVERY_MS, () => this.files.sweep(this.store));
    this.runner.schedule();
    this.webhooks.start();
  }

  /** Stops in good order: what is under way is interrupted and goes on at the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endSweeps?.();
    await this.runner.stop();
    this.dispatcher.stop();
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
    await Promise.all([this.packing.close(), closeCodecPool(), this.webhooks.stop()]);
    this.db.close();
  }

  /** Whether an owner may have another job, to be asked before its image is sent. @throws quota_reached, bus_closed */
  refuseIfFull(owner: string): void {
    this.refuseIfStopping();
    const queuedJobs = () => this.store.activeOf(owner);
    this.limiter.another({ queuedJobs, storedBytes: () => this.store.bytesOf(owner) });
  }

  /**
   * Checks a job and queues it: what cannot work is refused here.
   *
   * @throws what `prepareJob` and `Webhooks.check` throw, disk_full, quota_reached, rate_limited
   */
  async submit(request: SubmitRequest): Promise<JobView> {
    this.refuseIfStopping();
    if (request.webhook !== undefined) this.webhooks.check(request.webhook);
    const { stored, plan, about } = await prepareJob(request, this.options.limits);
    this.files.checkRoom(plan);
    this.refuseIfFull(about.owner); // the probe took its time
    this.limiter.pixels(about.owner, stored.probe.width * stored.probe.height);
    const id = request.id ?? randomUUID();
    this.store.insert(id, stored, about);
    this.runner.enqueue(this.store.get(id)!);
    this.runner.schedule();
    return this.told(id);
  }

  job(id: string): JobView | undefined {
    const record = this.store.get(id);
    return record && this.show(record);
  }

  /** The newest jobs first; of one owner, or of all. */
  jobs(limit = 100, owner?: string): JobView[] {
    return this.store.list(limit, owner).map((record) => this.show(record));
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
    const under = this.runner.interrupt(id, new TesseraError("job_cancelled"));
    if (!under) this.files.discard(this.store.get(id)!);
    return this.told(id);
  }

  /** Interrupts a job and gives its place to others, until it is resumed. @throws job_not_found, job_not_active */
  pause(id: string): JobView {
    const view = this.unended(id);
    if (!this.store.pause(id)) return view;
    this.runner.interrupt(id, new TesseraError("job_paused"));
    return this.told(id);
  }

  /** Takes a paused job up where it stood. @throws job_not_found, job_not_active */
  resume(id: string): JobView {
    const view = this.unended(id);
    if (!this.store.resume(id)) return view;
    this.runner.enqueueOnceFree(this.store.get(id)!);
    this.runner.schedule();
    return this.told(id);
  }

  /** Tries a job again that failed by a tile; what was done stays done. @throws job_not_found, job_not_failed */
  retry(id: string): JobView {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    if (!this.files.areKept(record) || !this.store.retry(id))
      throw new TesseraError("job_not_failed", `Its state is ${record.state}.`);
    this.runner.enqueueOnceFree(this.store.get(id)!);
    this.runner.schedule();
    return this.told(id);
  }

  /** @throws job_not_found, job_not_active, request_invalid */
  setPriority(id: string, priority: number): JobView {
    this.unended(id);
    this.store.setPriority(id, validPriority(priority));
    this.runner.setPriority(id, priority);
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

  /** Told of every change of a tile. Returns how to end it. */
  onTile(listener: (change: TileChange) => void): () => void {
    this.tileListeners.add(listener);
    return () => this.tileListeners.delete(listener);
  }

  /** Told that a job has changed, is new or is no more; and of every tile of it that is done or refused. */
  onTouch(listener: (job: JobName) => void): () => void {
    return this.watchers.addTouched(listener);
  }

  /** Where every tile of a job stands. @throws job_not_found */
  tiles(id: string): TileMapView {
    return this.tileMap(id).view();
  }

  /** The same, as it is kept; that of a job under way changes with it. @throws job_not_found */
  tileMap(id: string): TileMap {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    const underWay = this.tileMapUnderWay(id);
    if (underWay !== undefined) return underWay;
    const { pipeline, probe, tileSize } = record.request;
    // What was taken in once is shown, whatever limits there are now.
    const plan = planPipeline(pipeline, probe.shape, tileSize, Number.POSITIVE_INFINITY);
    return new TileMap(id, plan, this.store.tiles(id));
  }

  /** Each run of a job has its own. */
  tileMapUnderWay(id: string): TileMap | undefined {
    return this.runner.progressOf(id)?.tiles;
  }

  private tile(assignment: Assignment, event: TileEvent): void {
    const change = this.runner.tile(assignment, event);
    if (change !== undefined) for (const listener of this.tileListeners) listener(change);
    if (event.what === "sent") return;
    const { job: id } = assignment.run.needs;
    const owner = this.runner.ownerOf(id);
    if (owner !== undefined) this.watchers.touch({ id, owner });
    if (this.watchers.any) this.watchers.tell(this.view(id));
  }

  private told(id: string): JobView {
    const view = this.view(id);
    this.tell(view);
    return view;
  }

  private tell(view: JobView): void {
    this.watchers.tell(view);
    if (hasEnded(view.state)) this.webhooks.send();
  }

  private view(id: string): JobView {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    return this.show(record);
  }

  private show(record: JobRecord): JobView {
    const { id, state, request } = record;
    const done = () => (state === "done" ? request.planned.tiles : this.store.tilesDone(id));
    return viewOf(record, this.runner.progressOf(id) ?? done(), this.now());
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
}
