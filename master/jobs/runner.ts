import { rm } from "node:fs/promises";
import { PRIORITY } from "../../shared/api/job.ts";
import type { DeadLetter } from "../../shared/bus/messages.ts";
import type { Bus } from "../../shared/bus/port.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { log } from "../../shared/log.ts";
import { within } from "../../shared/within.ts";
import type { TileEvent } from "../dispatch/dispatcher.ts";
import type { Assignment } from "../dispatch/stage_run.ts";
import { planPipeline } from "../plan/plan.ts";
import type { DeadLetterStore } from "../store/dead_letters.ts";
import { hasEnded, type JobRecord, type Phases } from "./job.ts";
import type { JobFiles } from "./job_files.ts";
import { JobRun, type JobRunNeeds, type Sights } from "./job_run.ts";
import { Progress, type UnderWay } from "./progress.ts";
import { JobQueue, type JobSize, sizeOf } from "./queue.ts";
import { type TileChange, TileMap } from "./tile_map.ts";
import type { JobName } from "./watchers.ts";

/** Jobs under way at once: of each size or a larger one, so that a small one never waits for larger ones to end. */
const ACTIVE_MAX: Readonly<Record<JobSize, number>> = { small: 5, medium: 4, large: 2 };
const LARGER: Readonly<Record<JobSize, readonly JobSize[]>> = {
  small: ["small", "medium", "large"],
  medium: ["medium", "large"],
  large: ["large"],
};
/** Tiles of a job that were refused and stand in its history, each with its reason. */
const REFUSALS_NOTED = 1000;
/** Bytes of its image that a stage holds at a time: enough for this process' threads, or for many workers. */
const OPEN_BYTES = { here: 32 << 20, distributed: 128 << 20 };
const LETTER_LIMIT_MS = 5000;
const WRITE_AGAIN_MS = 500;

type Shared = Pick<
  JobRunNeeds,
  "master" | "store" | "dispatcher" | "buffers" | "limits" | "durable" | "threads" | "now"
>;

interface RunnerOptions extends Shared {
  readonly bus: Bus;
  readonly files: JobFiles;
  readonly deadLetters: DeadLetterStore;
  /** A job has changed. */
  readonly onChange: (job: JobRecord) => void;
  /** Tiles of a job are marked in the store. */
  readonly onMarked: (job: JobName) => void;
  readonly onTrouble?: ((fault: TesseraError) => void) | undefined;
}

type TileName = Pick<Assignment, "run" | "tile" | "attempt">;

interface Active {
  readonly run: JobRun;
  readonly progress: Progress;
  priority: number;
}

/** Decides which jobs run, runs them to their end, and writes down how they ended. */
export class JobRunner {
  private readonly active = new Map<string, Active>();
  private readonly queue = new JobQueue();
  private readonly running = new Map<string, Promise<void>>();
  /** Dead letters under way, by job. */
  private readonly letters = new Map<string, Promise<unknown>>();
  private stopping = false;

  constructor(private readonly options: RunnerOptions) {}

  /** Queues a job; it begins when `schedule` finds room for it. */
  enqueue({ id, priority, owner, batch, request }: JobRecord): void {
    this.queue.add(id, { priority, owner, batch, size: sizeOf(request.probe) });
  }

  /** All that have not ended; those that were under way come before those that waited. */
  takeUp(unfinished: readonly JobRecord[]): void {
    const waited = ({ state }: JobRecord) => (state === "queued" ? 1 : 0);
    for (const job of unfinished.toSorted((a, b) => waited(a) - waited(b)))
      if (!job.paused) this.enqueue(job);
  }

  /** Jobs under way, and those that wait to begin. */
  load(): { readonly running: number; readonly queued: number } {
    return { running: this.active.size, queued: this.queue.size };
  }

  /** One whose run has not let go of everything yet is taken up when it has. */
  enqueueOnceFree(record: JobRecord): void {
    if (!this.running.has(record.id)) this.enqueue(record);
    this.schedule();
  }

  /** Begins what there is room for. */
  schedule(): void {
    const { store } = this.options;
    while (!this.stopping) {
      const id = this.queue.take((size) => this.activeOf(LARGER[size]) < ACTIVE_MAX[size]);
      if (id === undefined) return;
      const record = store.get(id);
      if (record !== undefined && !hasEnded(record.state)) this.beginOrFail(record);
    }
  }

  /** Takes a job out of the line, or interrupts it. @returns whether it was under way */
  interrupt(id: string, why: TesseraError): boolean {
    this.queue.remove(id);
    const active = this.active.get(id);
    active?.run.stop(why);
    return active !== undefined;
  }

  setPriority(id: string, priority: number): void {
    this.queue.setPriority(id, priority);
    const active = this.active.get(id);
    if (active !== undefined) active.priority = priority;
  }

  /** A tile of a job under way has been sent, done, refused or returned. */
  tile({ run, tile, attempt }: TileName, event: TileEvent): TileChange | undefined {
    const { job, plan } = run.needs;
    const progress = this.active.get(job)?.progress;
    if (progress === undefined) return undefined;
    progress.tile(event);
    if (event.what === "refused") {
      const noted = progress.retried <= REFUSALS_NOTED;
      this.options.store.tileRefused(job, noted ? refusalOf({ run, tile, attempt }, event) : undefined);
    }
    return progress.tiles.change(plan.index, tile, attempt, event);
  }

  /** Of a job under way. */
  nameOf(id: string): JobName | undefined {
    return this.active.get(id)?.run.record;
  }

  /** What is known of a job that is under way. */
  underWay(id: string): UnderWay | undefined {
    const active = this.active.get(id);
    return active && { progress: active.progress, phases: active.run.clock.soFar() };
  }

  /** Resolves once a job's run, if there is one, has let go of everything. */
  async free(id: string): Promise<void> {
    await this.running.get(id);
  }

  /** What there is to be seen of a job under way. */
  sightsOf(id: string): Sights | undefined {
    return this.active.get(id)?.run.sights;
  }

  /** Interrupts everything; it goes on at the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { run } of this.active.values())
      run.stop(new TesseraError("bus_closed", "The master is stopping."));
    await Promise.allSettled(this.running.values());
  }

  /** A job from before a restart may be above the limits that there are now. */
  private beginOrFail(record: JobRecord): void {
    const { store, files, onChange } = this.options;
    try {
      this.begin(record);
    } catch (thrown) {
      this.fail(record.id, thrown);
      const failed = store.get(record.id)!;
      files.discard(failed);
      onChange(failed);
    }
  }

  private begin(record: JobRecord): void {
    const { id } = record;
    const { pipeline, probe, tileSize } = record.request;
    const { bus, files, deadLetters: _, onChange, onMarked, onTrouble: __, ...shared } = this.options;
    const { store, limits, now } = shared;
    const plan = planPipeline(pipeline, probe.shape, tileSize, limits.pixelsMax);
    const progress = new Progress(TileMap.of(id, plan, store.tilesOf(id)), record.tilesRetried, now);
    const run: JobRun = new JobRun(record, plan, {
      ...shared,
      dir: files.folderOf(id),
      workersApart: bus.packs,
      openBytesMax: bus.packs ? OPEN_BYTES.distributed : OPEN_BYTES.here,
      weight: () => 2 ** ((this.active.get(id)?.priority ?? record.priority) - PRIORITY.default),
      onChange: () => onChange(store.get(id)!),
      onMarked: () => onMarked(record),
      onDead: (letter) => void this.letters.set(id, this.post(letter)),
    });
    this.active.set(id, { run, progress, priority: record.priority });
    this.running.set(id, this.follow(id, run));
  }

  /** Waits for a run and writes down how it ended. */
  private async follow(id: string, run: JobRun): Promise<void> {
    const { store, files, onChange } = this.options;
    try {
      const result = await run.run();
      store.finish(id, result, files.keptWhenDone(store.get(id)!));
    } catch (thrown) {
      // Who sees the job failed finds the letter.
      await this.letters.get(id);
      this.letters.delete(id);
      await this.failOnceWritten(id, thrown, run.clock.soFar());
    }
    this.active.delete(id);
    if (this.stopping) return;
    const ended = store.get(id)!;
    // A result is there to be had before its canvases are gone; anything else has ended once its disk is free.
    if (ended.state === "done") onChange(ended);
    // Not on this thread, which gigabytes would hold up. What cannot be removed is found again at the next start.
    const leftovers = files.leftovers(ended);
    await Promise.allSettled(leftovers.map((path) => rm(path, { recursive: true, force: true })));
    this.running.delete(id);
    if (this.stopping) return;
    const record = store.get(id)!;
    // Resumed, or tried again, before it had let go of everything.
    if (!hasEnded(record.state) && !record.paused) this.enqueue(record);
    // Only now: whoever is told may do with it what its state allows.
    if (ended.state !== "done") onChange(record);
    this.schedule();
  }

  /** The job does not wait for it for ever. */
  private post(letter: DeadLetter): Promise<unknown> {
    const { bus, deadLetters, onTrouble } = this.options;
    deadLetters.note(letter);
    const sent = bus.publish("dead-letters", letter);
    return within(LETTER_LIMIT_MS, sent).catch((thrown) => onTrouble?.(asTesseraError(thrown)));
  }

  /** A disk that is full takes no line about it: the job's own files make room, and else it is tried until there is some. */
  private async failOnceWritten(id: string, thrown: unknown, phases: Phases): Promise<void> {
    const { files, onTrouble } = this.options;
    for (let told = false; ; told = true) {
      try {
        this.fail(id, thrown, phases);
        return;
      } catch (fault) {
        const why = asTesseraError(fault);
        if (!told) log.error("The end of a job could not be written down yet.", { job: id, err: fault });
        if (!told) onTrouble?.(why);
        if (asTesseraError(thrown).code === "disk_full")
          await rm(files.folderOf(id), { recursive: true, force: true });
        await new Promise((resolve) => setTimeout(resolve, WRITE_AGAIN_MS));
      }
    }
  }

  private fail(id: string, thrown: unknown, phases?: Phases): void {
    const error = asTesseraError(thrown);
    if (error.code === "internal")
      log.error("A job has failed by a fault of ours.", { job: id, err: error.cause ?? error });
    // Interrupted by a stop or a pause, it stays as it is and goes on later.
    if (this.stopping || error.code === "job_paused") return;
    const { store, files } = this.options;
    store.fail(id, error.code, error.message, { ...files.keptWhenFailed(error.code), phases });
  }

  private activeOf(sizes: readonly JobSize[]): number {
    const all = [...this.active.values()];
    return all.filter(({ run }) => sizes.includes(sizeOf(run.record.request.probe))).length;
  }
}

function refusalOf({ run, tile, attempt }: TileName, { worker, error }: TileEvent): string {
  const { columns, index } = run.needs.plan;
  const where = `Tile ${tile % columns},${Math.floor(tile / columns)} of stage ${index}`;
  return `${where}, attempt ${attempt} with ${worker}: ${error?.message ?? "nothing was heard of it."}`;
}
