/** A pool thread that fails at the first tile, and computes the others. */
import type { ThreadInput, ThreadOutput } from "../../worker/protocol.ts";
import computeTile from "../../worker/thread.ts";

export default function failing(input: ThreadInput): ThreadOutput {
  if (input.out.x === 0 && input.out.y === 0) throw new Error("no luck");
  return computeTile(input);
}
