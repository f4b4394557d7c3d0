/** The command line of the benches. */
import { parseArgs } from "node:util";
import type { BenchOptions } from "./bench.ts";
import { BENCHES } from "./benches.ts";

const NAMES = BENCHES.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n");

export const USAGE = `What Tessera does on this machine, beside what one would use instead.

  bun run bench                  what fits into ten minutes on two cores; it says what it leaves out
  bun run bench NAME… [FILE…]    these, with all that they have; photographs for payload

${NAMES}

  --quick              a taste of each, in about two minutes
  --repeats N          how often each thing is measured
  --gigapixel          engine and memory: one gigapixel too
  --json FILE          writes all records there ('-': to stdout, instead of the tables)
  --save               keeps each record as bench/results/NAME.json
  --html FILE          writes a report with plots, one file that needs no other
  --compare BASELINE   a file of records, or a folder of them such as bench/results
  --threshold N%       by how much a ratio may be worse (10%); exit code 1 if one is, beyond the spread too
  --workers N,N        kafka: how many workers (8 is possible), for speed and kinds of op
  --ops NAME,NAME      kafka: kinds of op (cheap, dear, throttled, all); ops: names of ops
  --cores N            model: cores a node (8)
  --network N          model: megabytes a second of each machine's network (1250)
  --broker N           model: megabytes a second of each broker (as was measured)
  --minutes N          soak: how long (5)
  --bus NAME           soak: memory or kafka
  --seed N             soak: another number, other faults
`;

export interface Command {
  readonly names: readonly string[];
  readonly options: BenchOptions;
  readonly json?: string;
  readonly html?: string;
  readonly compare?: string;
  readonly threshold: number;
  readonly save: boolean;
  readonly help: boolean;
}

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean", default: false } as const;

/** @throws Error that says which argument is wrong */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      ...{ json: TEXT, html: TEXT, compare: TEXT, threshold: TEXT, repeats: TEXT, workers: TEXT, ops: TEXT },
      ...{ minutes: TEXT, bus: TEXT, seed: TEXT, cores: TEXT, network: TEXT, broker: TEXT },
      ...{ quick: FLAG, gigapixel: FLAG, save: FLAG, help: { ...FLAG, short: "h" } },
    },
    allowPositionals: true,
  });
  const { json, html, compare, repeats, workers, ops, bus = "memory", minutes, seed, threshold } = values;
  const { cores, network, broker } = values;
  if (bus !== "memory" && bus !== "kafka") throw new Error(`--bus: expected memory or kafka, not '${bus}'.`);
  // A file's name has a dot or a slash; a bench's has not.
  const names = positionals.filter((word) => !/[./\\]/.test(word));
  const effort = values.quick ? "quick" : names.length === 0 ? "usual" : "full";
  const options: BenchOptions = {
    ...{ effort, gigapixel: values.gigapixel, bus },
    files: positionals.filter((word) => !names.includes(word)),
    minutes: above(0, "--minutes", minutes ?? "5"),
    seed: whole("--seed", seed ?? "1"),
    ...(repeats !== undefined && { repeats: Math.max(1, whole("--repeats", repeats)) }),
    ...(workers !== undefined && { workers: list(workers).map((one) => whole("--workers", one)) }),
    ...(ops !== undefined && { ops: list(ops) }),
    model: {
      ...(cores !== undefined && { coresANode: above(0, "--cores", cores) }),
      ...(network !== undefined && { networkMBs: above(0, "--network", network) }),
      ...(broker !== undefined && { brokerMBs: above(0, "--broker", broker) }),
    },
  };
  return {
    ...{ names, options, save: values.save, help: values.help },
    threshold: above(0, "--threshold", (threshold ?? "10%").replace(/%$/, "")) / 100,
    ...(json !== undefined && { json }),
    ...(html !== undefined && { html }),
    ...(compare !== undefined && { compare }),
  };
}

const list = (text: string): string[] => text.split(",").map((one) => one.trim());

function above(least: number, name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > least))
    throw new Error(`${name}: expected a number above ${least}, not '${text}'.`);
  return value;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0)
    throw new Error(`${name}: expected a whole number, not '${text}'.`);
  return value;
}
