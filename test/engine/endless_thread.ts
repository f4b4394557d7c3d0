/** A pool thread that never comes back from the first tile, and computes the others. */
import { computeTile } from "../../shared/ops/compute_tile.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";

export default function endless(input: ThreadInput): ThreadOutput {
  if (input.out.x === 0 && input.out.y === 0) for (;;);
  return computeTile(input);
}
