import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Subscription } from "../shared/bus/port.ts";
import { TesseraError } from "../shared/errors.ts";
import { Batches } from "./batches/batches.ts";
import { AwakeClock, type Every, everyBySystem } from "./clock.ts";
import { closeCodecPool } from "./codec/pool.ts";
import { type DispatchCounts, Dispatcher, type TileEvent } from "./dispatch/dispatcher.ts";
import type { Assignment } from "./dispatch/stage_run.ts";
import { Figures } from "./figures.ts";
import { hasEnded, type JobEvent, type JobRecord, type JobView } from "./jobs/job.ts";
import { JobFiles } from "./jobs/job_files.ts";
import { viewOf } from "./jobs/progress.ts";
import { Retention } from "./jobs/retention.ts";
import { JobRunner } from "./jobs/runner.ts";
import { prepareJob, type SubmitRequest, validPriority } from "./jobs/submission.ts";
import { type TileChange, TileMap } from "./jobs/tile_map.ts";
import { type JobName, JobWatchers } from "./jobs/watchers.ts";
import { Limiter } from "./limiting/limiter.ts";
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
import { type JobCounts, type JobFilter, JobList } from "./store/job_list.ts";
import { eventOf, JobStore } from "./store/store.ts";
import { DEFAULT_WEBHOOKS, Webhooks } from "./webhooks/webhooks.ts";
import { Roster, type WorkerView } from "./workers/roster.ts";

/** Results unpacked at a time, over Kafka. */
const RESULTS_AT_ONCE = 8;
const SWEEP_EVERY_MS = 60_000;
const NEVER = Number.POSITIVE_INFINITY;
/** A pause of this process that is nobody's delay; shorter ones are an event loop at work. */
const STANDSTILL_MS = 1000;

/** Takes jobs in, runs them to their end, and takes up after a restart what a crash left. */
export class Master {
  /** Refuses what is too much of one owner, or of one address. */
  readonly limiter: Limiter;
  /** Requests that are not to be done twice. */
  readonly once: Idempotency;
  /** The way to addresses that callers name. */
  readonly outbound: Outbound;
  readonly webhooks: Webhooks;
  readonly batches: Batches;
  readonly deadLetters: DeadLetterStore;
  readonly figures: Figures;
  readonly pictures: Previews;
  readonly ended: JobStore["ended"];
  private readonly files: JobFiles;
  private readonly db: Database;
  private readonly store: JobStore;
  private readonly listed: JobList;
  private readonly retention: Retention;
  private readonly dispatcher: Dispatcher;
  private readonly runner: JobRunner;
  private readonly now: () => number;
  private readonly every: Every;
  readonly roster: Roster;
  private readonly packing: Packing;
  private readonly name = `master-${randomUUID()}`;
  private readonly watchers = new JobWatchers();
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
    this.ended = this.store.ended;
    this.listed = new JobList(this.db);
    this.once = new Idempotency(this.db, this.now);
    this.retention = new Retention({
      ...{ store: this.store, expiry: new JobExpiry(this.db), files: this.files, once: this.once },
      ...{ limits: options.limits, now: this.now, onGone: (job) => this.watchers.touch(job) },
      onTrouble: (fault) => this.options.onTrouble?.(fault),
    });
    const { bus, buffers, leaseMs, fingerprint, silence, limits, durable, threads, onTrouble } = options;
    const { silentAfterMs, lostAfterMs } = silence ?? { silentAfterMs: NEVER, lostAfterMs: NEVER };
    const clock = new AwakeClock(this.now, Math.min(silentAfterMs / 4, STANDSTILL_MS));
    this.roster = new Roster({ fingerprint, clock, silentAfterMs, lostAfterMs });
    this.packing = new Packing(buffers);
    this.dispatcher = new Dispatcher({
      ...{ bus, buffers, leaseMs, clock, every: this.every, master: this.name },
      ...{ roster: this.roster, packing: this.packing },
      onTile: (assignment, event) => this.tile(assignment, event),
      onTrouble: (fault) => this.stopping || this.options.onTrouble?.(fault),
    });
    this.deadLetters = new DeadLetterStore(this.db);
    const { name: master, store, files, deadLetters, dispatcher, now } = this;
    this.runner = new JobRunner({
      ...{ master, bus, buffers, store, files, deadLetters, dispatcher },
      ...{ limits, durable, threads, now, onTrouble },
      onChange: (job) => this.tell(this.show(job)),
    });
    this.figures = new Figures({ bus, files, runner: this.runner, now, every: this.every });
    this.onTile((change) => this.figures.tile(change));
    this.webhooks = new Webhooks({
      ...{ ...DEFAULT_WEBHOOKS, ...options.webhooks, now, every: this.every, outbound: this.outbound },
      ...{ store: new DeliveryStore(this.db, now), job: (id: string) => this.job(id) },
    });
    this.batches = new Batches({ store: new BatchStore(this.db, now), files, limits, now });
    this.pictures = new Previews({ dir: options.dir, limits, store, files, now, runner: this.runner });
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
    this.runner.takeUp(this.store.unfinished());
    this.retention.start();
    this.figures.start();
    this.endSweeps = this.every(SWEEP_EVERY_MS, () => void [this.retention.sweep(), this.pictures.sweep()]);
    this.runner.schedule();
    this.webhooks.start();
  }

  /** Stops in good order: what is under way is interrupted and goes on at the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endSweeps?.();
    this.figures.stop();
    await this.runner.stop();
    this.dispatcher.stop();
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
    const stopped = [this.webhooks.stop(), this.retention.stop()];
    await Promise.all([...stopped, this.packing.close(), this.pictures.close(), closeCodecPool()]);
    this.db.close();
  }

  /** Whether an owner may have another job, to be asked before its image is sent. @throws quota_reached, bus_closed */
  refuseIfFull(owner: string): void {
    this.refuseIfStopping();
    this.limiter.another(owner, this.store);
  }

  /** What keeps answers of workers from being heard, in words; nothing if nothing does. */
  busTrouble(): string | undefined {
    const joined = this.subscriptions.every((subscription) => subscription.share().length > 0);
    return this.options.bus.trouble?.() ?? (joined ? undefined : "it has no share of the topics yet");
  }

  /** Whether so many bytes more leave the disk the room that it has to keep. @throws disk_full */
  checkRoom(bytes: number): void {
    this.files.checkFree(bytes);
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
    const { once } = request;
    this.together(() => {
      this.store.insert(id, stored, about);
      if (once !== undefined) this.once.note(about.owner, once.key, { job: id, request: once.request });
    });
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
    return [...this.list({ owner }, limit).jobs];
  }

  /** The newest first; `before` is the `next` of the page before. */
  list(filter: JobFilter, limit: number, before?: number): { jobs: readonly JobView[]; next?: number } {
    const { jobs, ...more } = this.listed.page(filter, limit, before);
    return { jobs: jobs.map((record) => this.show(record)), ...more };
  }

  count(filter: JobFilter, before?: number): number {
    return this.listed.count(filter, before);
  }

  /** How many there are in each state; of one owner, or of all. */
  counts(owner?: string): JobCounts {
    return this.listed.counts(owner);
  }

  /** What has happened to a job, the oldest first; `after` is the number of the last one that is known. @throws job_not_found */
  events(id: string, limit: number, after = 0): JobEvent[] {
    this.view(id);
    return this.store.events(id, limit, after).map(eventOf);
  }

  /** Whatever `work` does to jobs is written down at once. */
  together<T>(work: () => T): T {
    return this.store.together(work);
  }

  /**
   * Forgets jobs, ended or not, with all that is kept of them; those that are not there are passed over. Resolves when
   * their files are gone.
   */
  async remove(ids: readonly string[]): Promise<void> {
    const jobs = ids.flatMap((id) => this.store.get(id) ?? []);
    this.together(() => {
      for (const { id, state } of jobs) if (!hasEnded(state)) this.cancel(id);
    });
    await Promise.all(jobs.map(({ id }) => this.runner.free(id)));
    await this.retention.forget(jobs);
  }

  /** Resolves once files that nobody needs any more are gone. */
  tidied(): Promise<void> {
    return this.retention.idle();
  }

  /** Resolves with the job once it has ended. @throws job_not_found */
  async wait(id: string): Promise<JobView> {
    const now = this.view(id);
    return hasEnded(now.state) ? now : this.watchers.end(id);
  }

  /** Stops a job at once and frees its disk. @throws job_not_found, job_not_active */
  cancel(id: string): JobView {
    this.unended(id);
    this.store.cancel(id, this.runner.underWay(id)?.phases);
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
    return this.told(id);
  }

  /** Tries a job again that failed by a tile; what was done stays done. @throws job_not_found, job_not_failed */
  retry(id: string): JobView {
    const record = this.known(id);
    if (!this.files.areKept(record) || !this.store.retry(id))
      throw new TesseraError("job_not_failed", `Its state is ${record.state}.`);
    this.runner.enqueueOnceFree(this.store.get(id)!);
    return this.told(id);
  }

  /** Whether a job has failed and can be tried again. @throws job_not_found */
  canRetry(id: string): boolean {
    return this.files.areKept(this.known(id));
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

  /** The finished file. @throws job_not_found, job_not_done, job_result_expired */
  resultPath(id: string): string {
    return this.files.resultNeeded(this.known(id));
  }

  /** The file that the job was sent with. @throws job_not_found, job_source_gone */
  sourcePath(id: string): string {
    return this.files.sourceNeeded(this.known(id));
  }

  /** Told of every change of a job and every tile. Returns how to end it. */
  onProgress(listener: (job: JobView) => void): () => void {
    return this.watchers.add(listener);
  }

  /** Told of every change of a tile. Returns how to end it. */
  onTile(listener: (change: TileChange) => void): () => void {
    return this.watchers.addTile(listener);
  }

  /** Told that a job has changed, is new or is no more; and of every tile of it that is done or refused. */
  onTouch(listener: (job: JobName) => void): () => void {
    return this.watchers.addTouched(listener);
  }

  /** Where every tile of a job stands; that of a job under way changes with it. @throws job_not_found */
  tileMap(id: string): TileMap {
    const record = this.known(id);
    return this.tileMapUnderWay(id) ?? TileMap.at(record, this.store.tiles(id));
  }

  /** Each run of a job has its own. */
  tileMapUnderWay(id: string): TileMap | undefined {
    return this.runner.underWay(id)?.progress.tiles;
  }

  private tile(assignment: Assignment, event: TileEvent): void {
    const change = this.runner.tile(assignment, event);
    if (change !== undefined) this.watchers.tile(change);
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
    return this.show(this.known(id));
  }

  /** @throws job_not_found */
  private known(id: string): JobRecord {
    const record = this.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    return record;
  }

  private show(record: JobRecord): JobView {
    return viewOf(record, this.runner.underWay(record.id), this.now());
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
