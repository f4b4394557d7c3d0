import { randomUUID } from "node:crypto";
import type { Subscription } from "../shared/bus/port.ts";
import { TesseraError } from "../shared/errors.ts";
import type { Batches } from "./batches/batches.ts";
import { closeCodecPool } from "./codec/pool.ts";
import type { DispatchCounts } from "./dispatch/dispatcher.ts";
import { hasEnded, type JobEvent, type JobView } from "./jobs/job.ts";
import { prepareJob, type SubmitRequest, validPriority } from "./jobs/submission.ts";
import { type TileChange, TileMap } from "./jobs/tile_map.ts";
import type { BatchName, JobName } from "./jobs/watchers.ts";
import type { Limiter } from "./limiting/limiter.ts";
import type { Figures } from "./monitoring/figures.ts";
import type { MasterOptions } from "./options.ts";
import type { Outbound } from "./outbound/outbound.ts";
import { makeParts, type Parts } from "./parts.ts";
import type { Previews } from "./preview/previews.ts";
import type { DeadLetterStore } from "./store/dead_letters.ts";
import type { Idempotency } from "./store/idempotency.ts";
import type { JobCounts, JobFilter, JobPage } from "./store/job_list.ts";
import { eventOf, type JobStore } from "./store/store.ts";
import type { Uploads } from "./uploads/uploads.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";
import type { Roster, WorkerView } from "./workers/roster.ts";

/** Results unpacked at a time, over Kafka. */
const RESULTS_AT_ONCE = 8;
const SWEEP_EVERY_MS = 60_000;

/** Takes jobs in, runs them to their end, and takes up after a restart what a crash left. What it is made of: `parts.ts`. */
export class Master {
  /** Refuses what is too much of one owner, or of one address. */
  readonly limiter: Limiter;
  /** Requests that are not to be done twice. */
  readonly once: Idempotency;
  /** The way to addresses that callers name. */
  readonly outbound: Outbound;
  readonly webhooks: Webhooks;
  readonly batches: Batches;
  readonly uploads: Uploads;
  readonly deadLetters: DeadLetterStore;
  readonly figures: Figures;
  readonly pictures: Previews;
  readonly roster: Roster;
  /** Jobs that have ended since the start, by how. */
  readonly ended: JobStore["ended"];
  /** Where uploads are written to before they are submitted. */
  readonly uploadDir: string;
  private readonly parts: Parts;
  private subscriptions: Subscription[] = [];
  private endSweeps: (() => void) | undefined;

  constructor(options: MasterOptions) {
    const parts = makeParts(options);
    this.limiter = parts.limiter;
    this.once = parts.once;
    this.outbound = parts.outbound;
    this.webhooks = parts.webhooks;
    this.batches = parts.batches;
    this.uploads = parts.uploads;
    this.deadLetters = parts.deadLetters;
    this.figures = parts.figures;
    this.pictures = parts.pictures;
    this.roster = parts.roster;
    this.ended = parts.store.ended;
    this.uploadDir = parts.files.uploads;
    this.parts = parts;
  }

  /** Takes up every unfinished job where it stood, and begins to work. */
  start(): void {
    const { bus, every, roster, dispatcher, store, runner, retention, pictures } = this.parts;
    const results = bus.subscribe("results", bus.packs ? RESULTS_AT_ONCE : 1, (result) =>
      dispatcher.receive(result),
    );
    const heartbeats = bus.follow("heartbeats", (beat) => {
      roster.hear(beat);
      if (beat.phase === "left") dispatcher.left(beat.worker);
      dispatcher.pump();
    });
    this.subscriptions = [results, heartbeats];
    // An answer that came before we listen would be missed.
    results.ready.then(
      () => this.stopping || dispatcher.start(),
      () => {},
    );
    runner.takeUp(store.unfinished());
    retention.start();
    this.figures.start();
    this.endSweeps = every(SWEEP_EVERY_MS, () => void [retention.sweep(), pictures.sweep()]);
    runner.schedule();
    this.webhooks.start();
  }

  /** Stops in good order: what is under way is interrupted and goes on at the next start. */
  async stop(): Promise<void> {
    const { leaving, runner, dispatcher, retention, packing, pictures, db } = this.parts;
    leaving.abort();
    this.endSweeps?.();
    this.figures.stop();
    await runner.stop();
    dispatcher.stop();
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
    const stopped = [this.webhooks.stop(), retention.stop()];
    await Promise.all([...stopped, packing.close(), pictures.close(), closeCodecPool()]);
    db.close();
  }

  /** Whether an owner may have another job, to be asked before its image is sent. @throws quota_reached, bus_closed */
  refuseIfFull(owner: string): void {
    this.refuseIfStopping();
    const { store, uploads } = this.parts;
    const bytesOf = () => store.bytesOf(owner) + uploads.bytesOf(owner);
    this.limiter.another(owner, { activeOf: () => store.activeOf(owner), bytesOf });
  }

  // What can be done with jobs.

  /**
   * Checks a job and queues it: what cannot work is refused here.
   *
   * @throws what `prepareJob` and `Webhooks.check` throw, disk_full, quota_reached, rate_limited
   */
  async submit(request: SubmitRequest): Promise<JobView> {
    this.refuseIfStopping();
    if (request.webhook !== undefined) this.webhooks.check(request.webhook);
    const { limits, files, store, runner } = this.parts;
    const { stored, plan, about } = await prepareJob(request, limits);
    files.checkRoom(plan);
    this.limiter.another(about.owner, store); // the probe took its time
    this.limiter.pixels(about.owner, stored.probe.width * stored.probe.height);
    const id = request.id ?? randomUUID();
    this.together(() => {
      store.insert(id, stored, about);
      request.alongside?.(id);
    });
    runner.enqueue(store.get(id)!);
    runner.schedule();
    return this.told(id);
  }

  /** Stops a job at once and frees its disk. @throws job_not_found, job_not_active */
  cancel(id: string): JobView {
    const { store, runner, files } = this.parts;
    this.unended(id);
    store.cancel(id, runner.underWay(id)?.phases);
    const under = runner.interrupt(id, new TesseraError("job_cancelled"));
    if (!under) files.discard(store.get(id)!);
    return this.told(id);
  }

  /** Interrupts a job and gives its place to others, until it is resumed. @throws job_not_found, job_not_active */
  pause(id: string): JobView {
    const view = this.unended(id);
    if (!this.parts.store.pause(id)) return view;
    this.parts.runner.interrupt(id, new TesseraError("job_paused"));
    return this.told(id);
  }

  /** Takes a paused job up where it stood. @throws job_not_found, job_not_active */
  resume(id: string): JobView {
    const { store, runner } = this.parts;
    const view = this.unended(id);
    if (!store.resume(id)) return view;
    runner.enqueueOnceFree(store.get(id)!);
    return this.told(id);
  }

  /** Tries a job again that failed by a tile; what was done stays done. @throws job_not_found, job_not_failed */
  retry(id: string): JobView {
    const { store, runner, files, shown } = this.parts;
    const record = shown.record(id);
    if (!files.areKept(record) || !store.retry(id))
      throw new TesseraError("job_not_failed", `Its state is ${record.state}.`);
    runner.enqueueOnceFree(store.get(id)!);
    return this.told(id);
  }

  /** @throws job_not_found, job_not_active, request_invalid */
  setPriority(id: string, priority: number): JobView {
    this.unended(id);
    this.parts.store.setPriority(id, validPriority(priority));
    this.parts.runner.setPriority(id, priority);
    return this.told(id);
  }

  /**
   * Forgets jobs, ended or not, with all that is kept of them; those that are not there are passed over. Resolves when
   * their files are gone.
   */
  async remove(ids: readonly string[]): Promise<void> {
    const jobs = ids.flatMap((id) => this.parts.store.get(id) ?? []);
    this.together(() => {
      for (const { id, state } of jobs) if (!hasEnded(state)) this.cancel(id);
    });
    await Promise.all(jobs.map(({ id }) => this.parts.runner.free(id)));
    await this.parts.retention.forget(jobs);
  }

  /** Whatever `work` does to jobs is written down at once. */
  together<T>(work: () => T): T {
    return this.parts.store.together(work);
  }

  /** Resolves once files that nobody needs any more are gone. */
  tidied(): Promise<void> {
    return this.parts.retention.idle();
  }

  // What can be asked.

  job(id: string): JobView | undefined {
    return this.parts.shown.find(id);
  }

  /** The newest jobs first; of one owner, or of all. */
  jobs(limit = 100, owner?: string): JobView[] {
    return [...this.list({ owner }, limit).jobs];
  }

  /** The newest first; `before` is the `next` of the page before. */
  list(
    filter: JobFilter,
    limit: number,
    before?: number,
  ): Omit<JobPage, "jobs"> & { jobs: readonly JobView[] } {
    const { jobs, ...more } = this.parts.listed.page(filter, limit, before);
    return { jobs: jobs.map((record) => this.parts.shown.show(record)), ...more };
  }

  count(filter: JobFilter, before?: number): number {
    return this.parts.listed.count(filter, before);
  }

  /** How many there are in each state; of one owner, or of all. */
  counts(owner?: string): JobCounts {
    return this.parts.listed.counts(owner);
  }

  /** Resolves with the job once it has ended. @throws job_not_found */
  async wait(id: string): Promise<JobView> {
    const now = this.parts.shown.view(id);
    return hasEnded(now.state) ? now : this.parts.watchers.end(id);
  }

  /** What has happened to a job, the oldest first; `after` is the number of the last one that is known. @throws job_not_found */
  events(id: string, limit: number, after = 0): JobEvent[] {
    this.parts.shown.view(id);
    return this.parts.store.events(id, limit, after).map(eventOf);
  }

  /** Where every tile of a job stands; that of a job under way changes with it. @throws job_not_found */
  tileMap(id: string): TileMap {
    const record = this.parts.shown.record(id);
    return this.tileMapUnderWay(id) ?? TileMap.at(record, this.parts.store.tilesOf(id));
  }

  /** Each run of a job has its own. */
  tileMapUnderWay(id: string): TileMap | undefined {
    return this.parts.runner.underWay(id)?.progress.tiles;
  }

  /** The finished file. @throws job_not_found, job_not_done, job_result_expired */
  resultPath(id: string): string {
    return this.parts.files.resultNeeded(this.parts.shown.record(id));
  }

  /** The file that the job was sent with. @throws job_not_found, job_source_gone */
  sourcePath(id: string): string {
    return this.parts.files.sourceNeeded(this.parts.shown.record(id));
  }

  /** Whether a job has failed and can be tried again. @throws job_not_found */
  canRetry(id: string): boolean {
    return this.parts.files.areKept(this.parts.shown.record(id));
  }

  /** Everyone who works, or did so lately. */
  workers(): WorkerView[] {
    return this.roster.list();
  }

  /** What has gone over the bus since the start. */
  dispatched(): DispatchCounts {
    return { ...this.parts.dispatcher.counts };
  }

  /** What keeps answers of workers from being heard, in words; nothing if nothing does. */
  busTrouble(): string | undefined {
    const joined = this.subscriptions.every((subscription) => subscription.share().length > 0);
    return this.parts.bus.trouble?.() ?? (joined ? undefined : "it has no share of the topics yet");
  }

  /** Whether so many bytes more leave the disk the room that it has to keep. @throws disk_full */
  checkRoom(bytes: number): void {
    this.parts.files.checkFree(bytes);
  }

  // What can be heard.

  /** Told of every change of a job and every tile. Returns how to end it. */
  onProgress(listener: (job: JobView) => void): () => void {
    return this.parts.watchers.add(listener);
  }

  /** Told of every change of a tile. Returns how to end it. */
  onTile(listener: (change: TileChange) => void): () => void {
    return this.parts.watchers.addTile(listener);
  }

  /** Told that a job has changed, is new or is no more; and of every tile of it that is done or refused. */
  onTouch(listener: (job: JobName) => void): () => void {
    return this.parts.watchers.addTouched(listener);
  }

  /** Told that a batch is new or is no more, or that one of its jobs has changed. Returns how to end it. */
  onTouchBatch(listener: (batch: BatchName) => void): () => void {
    return this.parts.watchers.addTouchedBatch(listener);
  }

  private told(id: string): JobView {
    const view = this.parts.shown.view(id);
    this.parts.watchers.tell(view);
    return view;
  }

  /** @throws job_not_found, job_not_active */
  private unended(id: string): JobView {
    const view = this.parts.shown.view(id);
    if (hasEnded(view.state)) throw new TesseraError("job_not_active", `Its state is ${view.state}.`);
    return view;
  }

  private get stopping(): boolean {
    return this.parts.leaving.signal.aborted;
  }

  private refuseIfStopping(): void {
    if (this.stopping) throw new TesseraError("bus_closed", "The master is stopping.");
  }
}
