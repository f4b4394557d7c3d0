/** Runs in a thread. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import { doPacking, type PackingTask } from "./work.ts";

/** What is packed is handed over, not copied. */
export default function run(task: PackingTask): unknown {
  const packed = doPacking(task);
  if (packed === undefined) return undefined;
  const transfer = [packed.payload.buffer];
  return move({
    get [transferableSymbol]() {
      return transfer;
    },
    get [valueSymbol]() {
      return packed;
    },
  });
}
