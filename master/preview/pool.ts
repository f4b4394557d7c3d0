import { availableParallelism } from "node:os";
import type { Piscina } from "piscina";
import { TesseraError } from "../../shared/errors.ts";
import { isEmpty, type Rect } from "../../shared/geometry.ts";
import { type Chain, windowOf } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";
import { createRaster, type Raster, viewOf } from "../../shared/raster.ts";
import { addFigures, figuresLength } from "../plan/statistics.ts";
import { openThreads } from "../threads.ts";
import type { ReduceTask } from "./reduce_canvas.ts";
import type { PreviewTask } from "./thread.ts";

type Threads = Piscina<PreviewTask, ThreadOutput | undefined>;

const IDLE_MS = 60_000;

/** Strips for each thread: with more, none waits long for the last one; with fewer, less is computed twice at their edges. */
const STRIPS = 2;
const STRIP_ROWS_MIN = 32;
/** How long a strip may go on that nobody waits for any more; then its thread ends, and another one takes a moment to begin. */
const GRACE_MS = 50;
/** Pixels of a canvas that are worth a thread to read. */
const READ_PIXELS_MIN = 500_000;

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
  private closed = false;

  /** Has the threads begin, which takes them a moment, for somebody who is about to look. */
  async wake(): Promise<void> {
    await Promise.all(Array.from({ length: availableParallelism() }, () => this.ask(null)));
  }

  /** A rectangle of a canvas' reduction; only its first `rows` are read, the others stay empty. */
  async read(task: Omit<ReduceTask, "to">, rows = task.rect.height): Promise<Raster> {
    const { rect, shape, shift } = task;
    const raster = createRaster(rect, shape, true);
    const least = Math.ceil(READ_PIXELS_MIN / (rect.width * 4 ** shift));
    const parts = strips({ ...rect, height: rows }, 1, least);
    await Promise.all(parts.map((part) => this.ask({ ...task, rect: part, to: viewOf(raster, part).data })));
    return raster;
  }

  /** The same, written to its place in the canvas `to`. */
  async reduce(task: Omit<ReduceTask, "to">, to: string): Promise<void> {
    await this.ask({ ...task, to });
  }

  /** `out` of what a chain makes of `source`, on all threads; ends soon if `signal` is aborted. */
  async compute(work: Work, signal: AbortSignal): Promise<Raster> {
    const { channels, depth } = work.chain.output;
    const raster = createRaster(work.out, { channels, depth }, true);
    const { stride } = raster;
    const wanted = (rect: Rect) => viewOf(raster, rect).data.subarray(0, stride * rect.height);
    await this.run(work, signal, (rect) => ({ wanted: wanted(rect), figures: false }));
    return raster;
  }

  /** The sums of the histograms of that. */
  async count(work: Work, signal: AbortSignal): Promise<Float64Array> {
    const sums = new Float64Array(figuresLength(work.chain.output));
    for (const { figures } of await this.run(work, signal, () => ({ figures: true })))
      if (figures !== undefined) addFigures(sums, figures);
    return sums;
  }

  private async run(
    { steps, chain, out, source }: Work,
    signal: AbortSignal,
    more: (rect: Rect) => Pick<ThreadInput, "wanted" | "figures">,
  ): Promise<ThreadOutput[]> {
    const parts = strips(out, STRIPS, STRIP_ROWS_MIN);
    const results: ThreadOutput[] = [];
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const abort = () => {
      timer = setTimeout(() => late.abort(), GRACE_MS);
    };
    signal.addEventListener("abort", abort);
    const next = parts.entries();
    const take = async () => {
      for (const [i, rect] of next) {
        signal.throwIfAborted();
        const need = windowOf(chain, rect);
        const window = isEmpty(need) ? { ...source, rect: need } : viewOf(source, need);
        const task = { steps, input: chain.input, out: rect, window, ...more(rect) };
        results[i] = (await this.ask(task, late.signal))!;
      }
    };
    const takers = await Promise.allSettled(Array.from({ length: availableParallelism() }, take));
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    for (const each of takers) if (each.status === "rejected") throw each.reason;
    return results;
  }

  /** For good: what the threads were at is given up with `bus_closed`, and nothing more begins. */
  async close(): Promise<void> {
    this.closed = true;
    await this.piscina?.destroy();
  }

  /** @throws bus_closed once it is closed, and what a thread throws */
  private async ask(task: PreviewTask, signal?: AbortSignal): Promise<ThreadOutput | undefined> {
    const closed = (cause?: unknown) => new TesseraError("bus_closed", "The master is stopping.", { cause });
    if (this.closed) throw closed();
    this.piscina ??= open();
    try {
      return await this.piscina.run(task, signal && { signal });
    } catch (thrown) {
      throw this.closed ? closed(thrown) : thrown;
    }
  }
}

/** A rectangle in runs of rows: so many for each thread, but none of fewer rows. */
function strips(rect: Rect, each: number, least: number): Rect[] {
  const rows = Math.max(least, Math.ceil(rect.height / (each * availableParallelism())));
  return Array.from({ length: Math.ceil(rect.height / rows) }, (_, i): Rect => {
    const y = rect.y + i * rows;
    return { ...rect, y, height: Math.min(rows, rect.y + rect.height - y) };
  });
}

const open = (): Threads =>
  openThreads<PreviewTask, ThreadOutput | undefined>(new URL("./thread.ts", import.meta.url), {
    idleMs: IDLE_MS,
  });
