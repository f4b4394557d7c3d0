/**
 * One op of a library on one tile, each time that it is asked: how long it takes when its thread has one after the
 * other. A process of its own with one thread for such work, since a thread that has to be woken for each tile is
 * measured in its sleep.
 */
import { servePeer } from "../harness.ts";
import { type EngineName, type FormatName, opCase } from "../op_cases.ts";
import type { Run } from "../op_engines.ts";

export interface OpAsked {
  readonly op: string;
  readonly engine: EngineName;
  readonly format: FormatName;
  readonly side: number;
}

const AT_ONCE = 8;
const SAMPLES = 3;

let ready: { readonly name: string; readonly run: Run } | undefined;

await servePeer<OpAsked>(async ({ op, engine, format, side }) => {
  const name = `${engine} ${op} ${format} ${side}`;
  if (ready?.name !== name) {
    const found = opCase(op, format, side).engines.find(([one]) => one === engine);
    if (found === undefined) throw new Error(`${engine} has no ${op}`);
    ready = { name, run: found[1] };
  }
  const { run } = ready;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, run));
    least = Math.min(least, (performance.now() - start) / AT_ONCE);
  }
  return { phases: { [engine]: least } };
});
process.exit();
