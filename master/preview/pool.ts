import { availableParallelism } from "node:os";
import type { Piscina } from "piscina";
import { bytesPerPixel, isEmpty, type Rect } from "../../shared/geometry.ts";
import { type Chain, windowOf } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";
import { type Raster, viewOf } from "../../shared/raster.ts";
import { addFigures, figuresLength } from "../plan/statistics.ts";
import { openThreads } from "../threads.ts";
import type { PreviewTask } from "./thread.ts";
import type { ReduceTask } from "./work.ts";

type Threads = Piscina<PreviewTask, ThreadOutput | undefined>;

const IDLE_MS = 60_000;

/** Strips for each thread: with more, none waits long for the last one; with fewer, less is computed twice at their edges. */
const STRIPS = 2;
const STRIP_ROWS_MIN = 32;

/** A chain to be computed, from pixels in memory that threads share. */
export interface Work {
  readonly steps: readonly Step[];
  readonly chain: Chain;
  readonly out: Rect;
  readonly source: Raster;
}

/** Threads that read and compute pixels to be looked at. */
export class PreviewPool {
  private piscina: Threads | undefined;

  /** A rectangle of a canvas' reduction; only its first `rows` are read, the others stay empty. */
  async read(task: Omit<ReduceTask, "to">, rows = task.rect.height): Promise<Raster> {
    const { channels, depth } = task.shape;
    const { width, height } = task.rect;
    const stride = width * bytesPerPixel({ channels, depth });
    const to = new SharedArrayBuffer(stride * height);
    if (rows > 0) await this.threads().run({ ...task, rect: { ...task.rect, height: rows }, to });
    return { rect: task.rect, format: { channels, depth }, data: new Uint8Array(to), stride };
  }

  /** The same, written to its place in the canvas `to`. */
  async reduce(task: Omit<ReduceTask, "to">, to: string): Promise<void> {
    await this.threads().run({ ...task, to });
  }

  /** `out` of what a chain makes of `source`, on all threads; ends between strips if `signal` is aborted. */
  async compute(work: Work, signal: AbortSignal): Promise<Raster> {
    const { chain, out } = work;
    const { channels, depth } = chain.output;
    const stride = out.width * bytesPerPixel({ channels, depth });
    const data = new Uint8Array(new SharedArrayBuffer(stride * out.height));
    const wanted = (rect: Rect) =>
      data.subarray((rect.y - out.y) * stride, (rect.y - out.y + rect.height) * stride);
    await this.strips(work, signal, (rect) => ({ wanted: wanted(rect), figures: false }));
    return { rect: out, format: { channels, depth }, data, stride };
  }

  /** The sums of the histograms of that. */
  async count(work: Work, signal: AbortSignal): Promise<Float64Array> {
    const sums = new Float64Array(figuresLength(work.chain.output));
    for (const { figures } of await this.strips(work, signal, () => ({ figures: true })))
      if (figures !== undefined) addFigures(sums, figures);
    return sums;
  }

  private async strips(
    { steps, chain, out, source }: Work,
    signal: AbortSignal,
    more: (rect: Rect) => Pick<ThreadInput, "wanted" | "figures">,
  ): Promise<ThreadOutput[]> {
    const rows = Math.max(STRIP_ROWS_MIN, Math.ceil(out.height / (STRIPS * availableParallelism())));
    const strips = Array.from({ length: Math.ceil(out.height / rows) }, (_, i): Rect => {
      const y = out.y + i * rows;
      return { ...out, y, height: Math.min(rows, out.y + out.height - y) };
    });
    const results = strips.map(async (rect) => {
      const need = windowOf(chain, rect);
      const window = isEmpty(need) ? { ...source, rect: need } : viewOf(source, need);
      const task = { steps, input: chain.input, out: rect, window, ...more(rect) };
      signal.throwIfAborted();
      return (await this.threads().run(task, { signal: null }))!;
    });
    return Promise.all(results);
  }

  async close(): Promise<void> {
    const closing = this.piscina;
    this.piscina = undefined;
    await closing?.destroy();
  }

  private threads(): Threads {
    this.piscina ??= open();
    return this.piscina;
  }
}

const open = (): Threads =>
  openThreads<PreviewTask, ThreadOutput | undefined>(new URL("./thread.ts", import.meta.url), {
    idleMs: IDLE_MS,
  });
