import { environmentNow, loadNow } from "./environment.ts";
import { type BenchRecord, type Metric, newRecord, type Series } from "./record.ts";

/** How much of a bench is run: within a minute in all, within ten in all, or everything. */
export type Effort = BenchRecord["effort"];

/** What the command line asks for; each bench takes what concerns it. */
export interface BenchOptions {
  readonly effort: Effort;
  /** The bench's own number if left out. */
  readonly repeats?: number;
  readonly gigapixel: boolean;
  /** Photographs. */
  readonly files: readonly string[];
  /** Of a soak: how long, over which bus, with faults from which seed. */
  readonly minutes: number;
  readonly bus: "memory" | "kafka";
  readonly seed: number;
  /** Over Kafka: counts of workers, and which kinds of op; the bench's own if left out. */
  readonly workers?: readonly number[];
  readonly ops?: readonly string[];
  readonly model: ModelOptions;
}

/** Of the model's nodes, its network and its brokers; see `Installation`. */
export interface ModelOptions {
  readonly coresANode?: number;
  readonly networkMBs?: number;
  readonly brokerMBs?: number;
}

/** What a bench has found. */
export interface Findings {
  readonly metrics: readonly Metric[];
  readonly series?: readonly Series[];
  /** What must not be and is: the command fails by it. */
  readonly faults?: readonly string[];
  readonly rows: unknown;
  /** For the terminal. */
  readonly text: string;
}

export interface Bench {
  readonly name: string;
  /** What it measures, in a line. */
  readonly about: string;
  /** About how long it takes on two cores; nothing where it is not among those that run together. */
  readonly minutes: { readonly quick: number; readonly usual: number } | undefined;
  /** What is left out when it is not run alone. */
  readonly leavesOut?: string;
  run(options: BenchOptions): Promise<Findings>;
}

/** What a bench needs is not on this machine: no failure where nobody has asked for this bench. */
export class Unavailable extends Error {}

/** Runs a bench and makes its record. */
export async function runBench(
  { name, run }: Bench,
  options: BenchOptions,
): Promise<{ readonly record: BenchRecord; readonly text: string }> {
  const before = loadNow();
  const { metrics, series = [], faults = [], rows, text } = await run(options);
  const { effort } = options;
  const environment = environmentNow(before);
  const record = newRecord({
    ...{ name, effort, environment, metrics: [...metrics], series: [...series], faults: [...faults], rows },
  });
  return { record, text };
}
