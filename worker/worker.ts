import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { BufferPool } from "../shared/buffers.ts";
import { PROTOCOL, type Result, type Task } from "../shared/bus/messages.ts";
import type { Bus, Subscription } from "../shared/bus/port.ts";
import { asTesseraError, TesseraError } from "../shared/errors.ts";
import { bytesPerPixel, type PixelFormat } from "../shared/geometry.ts";
import type { Fingerprint } from "../shared/ops/fingerprint.ts";
import type { ThreadInput } from "../shared/ops/tile_task.ts";
import { within } from "../shared/within.ts";
import { chainOf } from "./fitness.ts";
import { TilePool } from "./pool.ts";
import { Pulse } from "./pulse.ts";

export interface WorkerOptions {
  readonly bus: Bus;
  readonly buffers: BufferPool;
  readonly threads: number;
  /** Of this process' ops. */
  readonly fingerprint: Fingerprint;
  /** For people. */
  readonly name?: string;
  /** The module that computes tiles in the threads, where it is not the usual one. */
  readonly thread?: URL;
  /** Milliseconds that a tile may take. */
  readonly tileLimitMs?: number;
  /** A tile has been computed, or has failed. */
  readonly onTile?: (result: Result) => void;
  /** The bus did not take what the worker has to say; it is said again. */
  readonly onTrouble?: (fault: TesseraError) => void;
}

/** Below the master's lease, so that it hears why. */
const TILE_LIMIT_MS = 100_000;

/** A master hears of a drain within a heartbeat's way; what it has sent meanwhile still comes. */
const FAREWELL_MS = 300;
/** A bus that does not take the last results in this time will not take them: their tasks go to others. */
const LEAVE_LIMIT_MS = 4000;
const AGAIN_AFTER_MS = 1000;

/** Takes tasks off the bus, has them computed on its threads, and publishes the results. */
export class TileWorker {
  readonly id = `worker-${randomUUID()}`;
  private readonly pool: TilePool;
  private readonly pulse: Pulse;
  private readonly computing = new Set<Promise<Result>>();
  private subscription: Subscription | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: WorkerOptions) {
    const { bus, threads, fingerprint, name = hostname() } = options;
    this.pool = new TilePool(threads, options.thread);
    this.pulse = new Pulse({
      about: {
        worker: this.id,
        name,
        host: hostname(),
        threads,
        fingerprint: fingerprint.hash,
        ops: fingerprint.ops,
      },
      partitions: () => this.subscription?.share() ?? [],
      publish: (beat) => bus.publish("heartbeats", beat),
      onTrouble: (thrown) => this.trouble(thrown),
    });
  }

  /** Whether it has its share of the work. */
  get ready(): Promise<void> {
    return this.subscription?.ready ?? Promise.reject(new Error("not started"));
  }

  /** For whoever watches over the process. */
  get health() {
    return {
      beatMsAgo: () => this.pulse.beatMsAgo(),
      partitions: () => this.subscription?.share().length ?? 0,
    };
  }

  start(): void {
    const { bus, threads } = this.options;
    // One task more than there are threads: the next one is at hand when a thread falls free.
    const handler = (task: Task) => this.handle(task);
    this.subscription = bus.subscribe("tasks", threads + 1, handler, () => this.pulse.now());
    this.pulse.start();
  }

  /** Finishes what is at work, sends back what is not begun, leaves its group, and ends its threads. */
  stop(): Promise<void> {
    this.stopping ??= this.leave();
    return this.stopping;
  }

  private async leave(): Promise<void> {
    this.pulse.drain();
    if (this.options.bus.packs) await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
    await Promise.all(this.computing);
    const isHeard = await within(LEAVE_LIMIT_MS, this.subscription?.close() ?? Promise.resolve());
    const said = this.pulse.end();
    if (isHeard) await within(LEAVE_LIMIT_MS, said);
    await this.pool.close();
  }

  private async handle(task: Task): Promise<void> {
    if (task.worker !== this.id || this.stopping !== undefined) {
      await this.answer(task, this.failed(task, new TesseraError("tile_misdelivered")));
      return;
    }
    this.pulse.begun();
    const computing = this.compute(task);
    this.computing.add(computing);
    const result = await computing;
    this.computing.delete(computing);
    this.pulse.ended(result.ok);
    this.options.onTile?.(result);
    await this.answer(task, result);
  }

  /** A bus that does not take it now may do so later. Until then the task is not done, and what is computed is kept. */
  private async answer(task: Task, result: Result): Promise<void> {
    for (;;) {
      try {
        await this.options.bus.publish("results", result);
        return;
      } catch (thrown) {
        const fault = asTesseraError(thrown);
        if (result.ok && fault.code === "bus_message_too_large")
          return this.answer(task, this.failed(task, fault));
        if (this.stopping !== undefined) throw fault;
        this.trouble(fault);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    }
  }

  private trouble(thrown: unknown): void {
    if (this.stopping === undefined) this.options.onTrouble?.(asTesseraError(thrown));
  }

  /** A failure is a result too: the master decides what becomes of the tile. */
  private async compute(task: Task): Promise<Result> {
    const { steps, input, out, window, figures } = task;
    const { buffers, bus } = this.options;
    let target: SharedArrayBuffer | undefined;
    try {
      const { channels, depth }: PixelFormat = chainOf(task).output;
      const stride = out.width * bytesPerPixel({ channels, depth });
      if (task.pixels && !bus.packs) target = buffers.take(stride * out.height);
      const wanted = bus.packs && task.pixels ? "packed" : target;
      const work: ThreadInput = { steps, input, out, window, figures, ...(wanted && { wanted }) };
      const done = await this.pool.run(work, this.options.tileLimitMs ?? TILE_LIMIT_MS);
      const raster = target && {
        rect: out,
        format: { channels, depth },
        data: new Uint8Array(target),
        stride,
      };
      const pixels = done.packed ?? raster;
      return {
        ...this.named(task),
        ok: true,
        ms: done.ms,
        ...(pixels && { pixels }),
        ...(done.figures && { figures: done.figures }),
      };
    } catch (thrown) {
      if (target !== undefined) buffers.give(target);
      return this.failed(task, asTesseraError(thrown, "op_failed"));
    }
  }

  private failed(task: Task, { code, detail }: TesseraError): Result {
    return { ...this.named(task), ok: false, code, message: detail };
  }

  private named({ master, job, stage, tile, attempt, token }: Task) {
    return { protocol: PROTOCOL, master, job, stage, tile, attempt, token, worker: this.id };
  }
}
