import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { EncodedStrip, StripTask } from "./strip.ts";

/** Threads that wait for nothing this long end; the next strip begins one anew. */
const IDLE_MS = 10_000;

let pool: Piscina<StripTask, EncodedStrip> | undefined;

function open(): Piscina<StripTask, EncodedStrip> {
  const opened = new Piscina<StripTask, EncodedStrip>({
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

/** Encodes a strip on a thread of the master's own, begun with the first strip. */
export function encodeStrip(task: StripTask): Promise<EncodedStrip> {
  pool ??= open();
  return pool.run(task);
}

/** Ends the threads. Whoever exports afterwards gets new ones. */
export async function closeCodecPool(): Promise<void> {
  const closing = pool;
  pool = undefined;
  await closing?.destroy();
}
