import type { Piscina } from "piscina";
import { openThreads } from "../threads.ts";
import type { EncodedStrip, StripTask } from "./strip.ts";

const IDLE_MS = 10_000;

let pool: Piscina<StripTask, EncodedStrip> | undefined;

const open = () =>
  openThreads<StripTask, EncodedStrip>(new URL("./thread.ts", import.meta.url), { idleMs: IDLE_MS });

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
