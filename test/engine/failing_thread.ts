/** A pool thread that fails at the first tile, and computes the others. */

import { computeTile } from "../../worker/compute.ts";
import type { ThreadInput, ThreadOutput } from "../../worker/protocol.ts";

export default function failing(input: ThreadInput): ThreadOutput {
  if (input.out.x === 0 && input.out.y === 0) throw new Error("no luck");
  return computeTile(input);
}
