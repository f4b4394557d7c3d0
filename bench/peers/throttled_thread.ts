/** A pool thread that takes at least BENCH_TILE_MS a tile without using a core: more workers than cores. */

import { computeTile } from "../../shared/ops/compute_tile.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";

const TILE_MS = Number(process.env.BENCH_TILE_MS ?? 50);
const clock = new Int32Array(new SharedArrayBuffer(4));

export default function throttled(input: ThreadInput): ThreadOutput {
  const output = computeTile(input);
  const leftMs = TILE_MS - output.ms;
  if (leftMs > 0) Atomics.wait(clock, 0, 0, leftMs);
  return { ...output, ms: Math.max(TILE_MS, output.ms) };
}
