import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { PngStrip, PngStripTask } from "./png_strip.ts";

let pool: Piscina<PngStripTask, PngStrip> | undefined;

/** Threads that wait for nothing this long end; the next strip begins one anew. */
const IDLE_MS = 10_000;

function open(): Piscina<PngStripTask, PngStrip> {
  const opened = new Piscina<PngStripTask, PngStrip>({
    filename: new URL("./png_strip.ts", import.meta.url).href,
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

/** Encodes a strip of a PNG on a thread of the master's own, begun with the first strip. */
export function encodePngStrip(task: PngStripTask): Promise<PngStrip> {
  pool ??= open();
  return pool.run(task);
}

/** Ends the threads. Whoever exports afterwards gets new ones. */
export async function closeCodecPool(): Promise<void> {
  const closing = pool;
  pool = undefined;
  await closing?.destroy();
}
