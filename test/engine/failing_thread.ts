/** A pool thread that fails at the first tile, and computes the others. */

import { computeTile } from "../../shared/ops/compute_tile.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";

export default function failing(input: ThreadInput): ThreadOutput {
  if (input.out.x === 0 && input.out.y === 0) throw new Error("no luck");
  return computeTile(input);
}
