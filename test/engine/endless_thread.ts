/** A pool thread that never comes back from the first tile, and computes the others. */
import { computeTile } from "../../worker/compute.ts";
import type { ThreadInput, ThreadOutput } from "../../worker/protocol.ts";

export default function endless(input: ThreadInput): ThreadOutput {
  if (input.out.x === 0 && input.out.y === 0) for (;;);
  return computeTile(input);
}
