/** A pool thread that takes its whole process down at one tile of one image, and computes all others. */

import { computeTile } from "../../shared/ops/compute_tile.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";

/** Of an image this wide. */
export const DEADLY = { width: 900, x: 256, y: 128 } as const;

export default function deadly(input: ThreadInput): ThreadOutput {
  const { width, x, y } = DEADLY;
  if (input.input.width === width && input.out.x === x && input.out.y === y)
    process.kill(process.pid, "SIGKILL");
  return computeTile(input);
}
