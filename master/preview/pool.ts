import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { bytesPerPixel } from "../../shared/geometry.ts";
import type { Raster } from "../../shared/raster.ts";
import type { ReduceTask } from "./work.ts";

/** Threads that wait for nothing this long end; the next look begins one anew, which takes it a moment. */
const IDLE_MS = 60_000;

/** Threads that read and compute pixels to be looked at. */
export class PreviewPool {
  private piscina: Piscina<ReduceTask, void> | undefined;

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

  async close(): Promise<void> {
    const closing = this.piscina;
    this.piscina = undefined;
    await closing?.destroy();
  }

  private threads(): Piscina<ReduceTask, void> {
    this.piscina ??= open();
    return this.piscina;
  }
}

function open(): Piscina<ReduceTask, void> {
  const opened = new Piscina<ReduceTask, void>({
    filename: new URL("./thread.ts", import.meta.url).href,
    minThreads: 0,
    maxThreads: availableParallelism(),
    idleTimeout: IDLE_MS,
    // with the default, memory of finished tasks is not given back under Bun
    atomics: "disabled",
  });
  // a thread's death rejects its task, which is where it is handled; unheard here, it would end the process
  opened.on("error", () => {});
  return opened;
}
