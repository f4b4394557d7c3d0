import { mkdirSync, rmSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { BufferPool } from "../../shared/buffers.ts";
import { type DeadLetter, PROTOCOL } from "../../shared/bus/messages.ts";
import { TesseraError } from "../../shared/errors.ts";
import { compileChain } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import { opNamed } from "../../shared/ops/registry.ts";
import { Canvas } from "../canvas/canvas.ts";
import { Collector } from "../collect/collector.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { type DeadTile, StageRun } from "../dispatch/stage_run.ts";
import { createExport } from "../export/export.ts";
import type { Exporter } from "../export/exporter.ts";
import { type Ingest, ingest, metadataAfter, type Profile } from "../ingest/ingest.ts";
import { type Plan, type StagePlan, tileRect } from "../plan/plan.ts";
import { statisticsOf } from "../plan/statistics.ts";
import { probe } from "../probe/probe.ts";
import type { ImageLimits, ImageMetadata, Probe } from "../probe/types.ts";
import type { JobStore } from "../store/store.ts";
import type { JobRecord, JobResult } from "./job.ts";
import { resultName } from "./job_files.ts";
import { PhaseClock } from "./phases.ts";
import { syncDirectory } from "./sync_directory.ts";

/** How often the decoder's front is looked at; a tile takes about as long. */
const FRONT_POLL_MS = 3;

export interface JobRunNeeds {
  /** The name of this master. */
  readonly master: string;
  readonly store: JobStore;
  readonly dispatcher: Dispatcher;
  readonly buffers: BufferPool;
  readonly limits: ImageLimits;
  /** Folder of this job's files. */
  readonly dir: string;
  readonly durable: boolean;
  readonly threads: number;
  /** Whether tiles are computed in other processes. */
  readonly workersApart: boolean;
  /** Bytes of the image that its stages may hold at a time. */
  readonly openBytesMax: number;
  /** Its share of the workers beside other jobs. */
  readonly weight: () => number;
  readonly now: () => number;
  readonly onChange: () => void;
  readonly onMarked: () => void;
  readonly onDead: (letter: DeadLetter) => void;
}

/** What there is to be seen of a job's pictures while it is on its way. */
export interface Sights {
  /** Rows of the source's canvas, from the top. */
  readonly rows: () => number;
  /** 1 for each tile of the last stage that is in its canvas; undefined before that has begun. */
  readonly there: () => Uint8Array | undefined;
}

/**
 * One job on its way: ingest, its stages, export. The phases overlap: tiles start behind the decoder's front and
 * strips are encoded behind the finished tiles. What a crash left is taken up: the canvases and what the store marks.
 */
export class JobRun {
  readonly clock: PhaseClock;
  private readonly abort = new AbortController();
  private readonly canvases = new Map<string, Canvas>();
  private stage: StageRun | undefined;
  private exporter: Exporter | undefined;
  private decoder: Promise<void> | undefined;
  private decoded: Promise<void> | undefined;
  private rows: () => number = () => 0;
  private there: Uint8Array | undefined;
  readonly sights: Sights = { rows: () => this.rows(), there: () => this.there };

  constructor(
    readonly record: JobRecord,
    readonly plan: Plan,
    private readonly needs: JobRunNeeds,
  ) {
    this.clock = new PhaseClock(needs.now);
  }

  /** Runs to the end. @throws TesseraError with the reason why the job failed, or the one given to `stop` */
  async run(): Promise<JobResult> {
    try {
      mkdirSync(this.needs.dir, { recursive: true });
      const { source, profile } = this.record.request;
      const probed = await probe(source.path, this.needs.limits);
      this.enter();
      const decoding = this.ingest(probed, profile);
      this.rows = decoding.rowsReady;
      const front = setInterval(() => this.needs.dispatcher.pump(), FRONT_POLL_MS);
      const decoded = decoding.done.then(() => this.sourceComplete()).finally(() => clearInterval(front));
      this.decoded = decoded;
      decoded.catch((error: TesseraError) => this.stop(error));
      await this.runStages(decoding, metadataAfter(profile, probed.metadata));
      await decoded;
      return await this.finish();
    } finally {
      await this.cleanUp();
    }
  }

  /** Ends the run with `error`; `run` rejects once everything is let go. */
  stop(error: TesseraError): void {
    if (this.abort.signal.aborted) return;
    this.abort.abort(error);
    this.stage?.stop(error);
  }

  private enter(): void {
    this.throwIfStopped();
    this.clock.start("ingest");
    if (this.record.state === "queued") this.needs.store.begin(this.record.id);
    this.needs.onChange();
  }

  /** Decodes the source, or takes the canvas that an earlier run completed. */
  private ingest(probed: Probe, profile: Profile): Ingest {
    const { state, request } = this.record;
    const path = this.file("source.v");
    if (state === "running" || state === "exporting")
      return { rowsReady: () => probed.height, done: Promise.resolve(), ended: Promise.resolve() };
    const options = { profile, pixelsMax: this.needs.limits.pixelsMax, signal: this.abort.signal };
    const decoding = ingest(request.source.path, probed, path, options);
    this.decoder = decoding.ended;
    return decoding;
  }

  private async sourceComplete(): Promise<void> {
    this.clock.end("ingest");
    if (this.needs.durable && this.record.state !== "running" && this.record.state !== "exporting")
      await this.canvas("source.v").sync();
    this.needs.store.sourceComplete(this.record.id);
    this.needs.onChange();
    this.needs.dispatcher.pump();
  }

  private async runStages(decoding: Ingest, metadata: ImageMetadata): Promise<void> {
    let opening: readonly Step[] = [];
    let source = "source.v";
    for (const stage of this.plan.stages) {
      const saved = this.needs.store.stage(this.record.id, stage.index).resolved;
      const target = stage.writes ? `stage-${stage.index}.v` : undefined;
      if (saved !== undefined) opening = saved;
      else {
        await waitForHeader(decoding, this.abort.signal);
        opening = await this.runStage(stage, opening, source, target, decoding.rowsReady, metadata);
      }
      if (target === undefined) continue;
      // The last stage's source stays until the job has ended: no mark says that the stage is complete.
      if (source !== "source.v" && stage.ends !== undefined) this.drop(source);
      source = target;
    }
  }

  /** Runs one stage to its end; gives the steps that open the next. */
  private async runStage(
    plan: StagePlan,
    opening: readonly Step[],
    sourceName: string,
    targetName: string | undefined,
    decoded: () => number,
    metadata: ImageMetadata,
  ): Promise<readonly Step[]> {
    this.throwIfStopped();
    const { store, dispatcher, buffers, durable, workersApart, openBytesMax, weight, onMarked } = this.needs;
    const job = this.record.id;
    const steps = [...opening, ...plan.steps];
    const chain = compileChain(steps, plan.input);
    const source = this.canvas(sourceName, plan.input);
    const target = targetName === undefined ? undefined : this.targetCanvas(targetName, plan, store);
    const last = plan.index === this.plan.stages.length - 1;
    if (last && target !== undefined) this.exporter = this.openExport(target, metadata);
    const onRows = (rows: number) => last && this.exporter?.rowsDone(rows);
    const collector = new Collector({ job, plan, target, store, durable, onRows, onMarked });
    if (last) this.there = collector.there;
    const rowsReady = sourceName === "source.v" ? decoded : () => plan.input.height;
    this.clock.start(`stage-${plan.index}`);
    const collect: Collector["put"] = (band, onWritten) => collector.put(band, onWritten);
    const onRoom = () => dispatcher.pump();
    const onDead = (dead: DeadTile, error: TesseraError) =>
      this.needs.onDead(this.deadLetter(plan, steps, dead, error));
    const run = new StageRun({
      ...{ job, plan, steps, chain, source, rowsReady, store, buffers, workersApart },
      ...{ openBytesMax, weight, collect, onRoom, onDead },
    });
    this.stage = run;
    dispatcher.add(run);
    try {
      await run.finished;
    } finally {
      dispatcher.remove(run);
      this.stage = undefined;
      // Whatever ended it: tiles that are written stay done, and no mark of this run comes when another has begun.
      await collector.idle();
    }
    this.clock.end(`stage-${plan.index}`);
    if (plan.ends === undefined) return [];
    const resolved = resolveStep(plan, collector);
    store.completeStage(job, plan.index, resolved);
    return resolved;
  }

  private deadLetter(
    { index: stage, input }: StagePlan,
    steps: readonly Step[],
    { tile, attempts, workers }: DeadTile,
    { code, message }: TesseraError,
  ): DeadLetter {
    const { master, now } = this.needs;
    const out = tileRect(this.plan.stages[stage]!, tile);
    const name = { protocol: PROTOCOL, master, job: this.record.id, stage, tile, attempt: attempts };
    return { ...name, steps, input, out, workers, code, message, atMs: now() };
  }

  private async finish(): Promise<JobResult> {
    this.throwIfStopped();
    const { store, dir, durable, now } = this.needs;
    const { id, createdMs } = this.record;
    store.tilesComplete(id);
    this.clock.start("export");
    this.needs.onChange();
    const { bytes } = await this.exporter!.finish();
    this.exporter = undefined;
    this.throwIfStopped();
    await rename(this.file("result.part"), this.file(resultName(this.record)));
    if (durable) await syncDirectory(dir);
    this.clock.end("export");
    const { width, height } = this.plan.output;
    return { width, height, bytes, wallMs: now() - createdMs, phases: this.clock.all() };
  }

  private openExport(canvas: Canvas, metadata: ImageMetadata): Exporter {
    const { durable, threads } = this.needs;
    const path = this.file("result.part");
    const spec = this.record.request.output;
    return createExport({ canvas, spec, metadata, path, concurrency: threads, sync: durable });
  }

  /** A canvas with marked tiles is taken up, any other is begun anew. */
  private targetCanvas(name: string, plan: StagePlan, store: JobStore): Canvas {
    const begun = store.triedTiles(this.record.id, plan.index).some(({ done }) => done);
    const path = this.file(name);
    const canvas = begun ? Canvas.open(path, plan.output, true) : Canvas.create(path, plan.output);
    this.canvases.set(name, canvas);
    return canvas;
  }

  private canvas(name: string, shape = this.plan.stages[0]!.input): Canvas {
    let canvas = this.canvases.get(name);
    if (canvas === undefined) {
      canvas = Canvas.open(this.file(name), shape);
      this.canvases.set(name, canvas);
    }
    return canvas;
  }

  private drop(name: string): void {
    this.canvases.get(name)?.close();
    this.canvases.delete(name);
    rmSync(this.file(name), { force: true });
  }

  /** Once the job has ended, only its result stays; a run that was merely interrupted keeps all. */
  private async cleanUp(): Promise<void> {
    // A run that failed may still be decoding: what follows the decoder's end must not happen any more.
    this.stop(new TesseraError("internal"));
    await this.exporter?.abort().catch(() => {});
    // It cannot be stopped, and a run that takes this job up would find it writing to its canvas.
    await this.decoder;
    // Nor may the source be called complete when that run is writing it anew.
    await this.decoded?.catch(() => {});
    for (const canvas of this.canvases.values()) canvas.close();
    this.canvases.clear();
  }

  private file(name: string): string {
    return join(this.needs.dir, name);
  }

  private throwIfStopped(): void {
    if (this.abort.signal.aborted) throw this.abort.signal.reason;
  }
}

function resolveStep(plan: StagePlan, collector: Collector): Step[] {
  const op = opNamed(plan.ends!.op);
  if (op.kind !== "statistics" || collector.figures === undefined)
    throw new Error(`${op.name} has no figures`);
  return op.resolve(statisticsOf(collector.figures, plan.output), plan.ends as never);
}

/** The canvas is there to be opened once the decoder has written its first rows. */
async function waitForHeader(decoding: Ingest, signal: AbortSignal): Promise<void> {
  while (decoding.rowsReady() === 0) {
    if (signal.aborted) throw signal.reason;
    await Promise.race([decoding.done, new Promise((resolve) => setTimeout(resolve, FRONT_POLL_MS))]);
  }
}
