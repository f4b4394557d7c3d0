/** Runs in a pool thread. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import { computeTile } from "../shared/ops/compute_tile.ts";
import type { ThreadInput } from "../shared/ops/tile_task.ts";

/** What is packed is handed over, not copied. */
export default function run(input: ThreadInput): unknown {
  const output = computeTile(input);
  if (output.packed === undefined) return output;
  const transfer = [output.packed.payload.buffer];
  return move({
    get [transferableSymbol]() {
      return transfer;
    },
    get [valueSymbol]() {
      return output;
    },
  });
}
