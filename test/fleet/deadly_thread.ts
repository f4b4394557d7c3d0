/** A pool thread that takes its whole process down at one tile of one image, and computes all others. */

import { computeTile } from "../../worker/compute.ts";
import type { ThreadInput, ThreadOutput } from "../../worker/protocol.ts";

/** Of an image this wide. */
export const DEADLY = { width: 900, x: 256, y: 128 } as const;

export default function deadly(input: ThreadInput): ThreadOutput {
  const { width, x, y } = DEADLY;
  if (input.input.width === width && input.out.x === x && input.out.y === y)
    process.kill(process.pid, "SIGKILL");
  return computeTile(input);
}
