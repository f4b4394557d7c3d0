import { randomUUID } from "node:crypto";
import type { BufferPool } from "../shared/buffers.ts";
import { PROTOCOL, type Result, type Task } from "../shared/bus/messages.ts";
import type { Bus, Subscription } from "../shared/bus/port.ts";
import { asTesseraError } from "../shared/errors.ts";
import { bytesPerPixel, type PixelFormat } from "../shared/geometry.ts";
import { compileChain } from "../shared/ops/chain.ts";
import { TilePool } from "./pool.ts";

interface WorkerOptions {
  readonly bus: Bus;
  readonly buffers: BufferPool;
  readonly threads: number;
}

/** Takes tasks off the bus, has them computed on its threads, and publishes the results. */
export class TileWorker {
  readonly id = `worker-${randomUUID().slice(0, 8)}`;
  private readonly pool: TilePool;
  private subscription: Subscription | undefined;

  constructor(private readonly options: WorkerOptions) {
    this.pool = new TilePool(options.threads);
  }

  start(): void {
    // One task more than there are threads: the next one is at hand when a thread falls free.
    const atOnce = this.options.threads + 1;
    this.subscription = this.options.bus.subscribe("tasks", atOnce, (task) => this.handle(task));
  }

  /** Finishes what is at work, takes no more, and ends its threads. */
  async stop(): Promise<void> {
    await this.subscription?.close();
    await this.pool.close();
  }

  private async handle(task: Task): Promise<void> {
    const result = await this.compute(task);
    await this.options.bus.publish("results", result);
  }

  /** A failure is a result too: the master decides what becomes of the tile. */
  private async compute(task: Task): Promise<Result> {
    const { job, stage, tile, attempt, token, steps, input, out, window, figures } = task;
    const name = { protocol: PROTOCOL, job, stage, tile, attempt, token, worker: this.id };
    const { buffers } = this.options;
    let target: SharedArrayBuffer | undefined;
    try {
      const format: PixelFormat = compileChain(steps, input).output;
      const stride = out.width * bytesPerPixel(format);
      if (task.pixels) target = buffers.take(stride * out.height);
      const done = await this.pool.run({ steps, input, out, window, figures, ...(target && { target }) });
      const pixels = target && { rect: out, format: plain(format), data: new Uint8Array(target), stride };
      return {
        ...name,
        ok: true,
        ms: done.ms,
        ...(pixels && { pixels }),
        ...(done.figures && { figures: done.figures }),
      };
    } catch (thrown) {
      if (target !== undefined) buffers.give(target);
      const { code, message } = asTesseraError(thrown, "op_failed");
      return { ...name, ok: false, code, message };
    }
  }
}

const plain = ({ channels, depth }: PixelFormat): PixelFormat => ({ channels, depth });
