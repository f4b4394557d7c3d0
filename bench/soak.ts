/**
 * Mixed load for as long as one likes, on either bus, with faults from a seed: does memory grow, are jobs lost, are
 * pixels wrong?
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Random, seeded } from "../test/engine/random.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { type Metric, metricOf, type Series } from "./record.ts";
import { table } from "./report/table.ts";
import { type SoakCounts, SoakLoad } from "./soak_load.ts";
import { FAULTS, type Fault, kafkaSystem, memorySystem, type SoakSystem } from "./soak_system.ts";
import { slope } from "./stats.ts";

export interface SoakBench {
  readonly ms: number;
  readonly bus: "memory" | "kafka";
  readonly seed: number;
  /** Milliseconds from one fault to the next, at most; over Kafka only. */
  readonly faultMsMax: number;
  /** What is done in any case, in this order, before faults are drawn. */
  readonly first?: readonly Fault[];
}

export interface SoakFound {
  readonly seed: number;
  readonly bus: SoakBench["bus"];
  readonly ms: number;
  readonly counts: SoakCounts;
  readonly faults: Readonly<Record<Fault, number>>;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly ms: number;
  readonly tiles: number;
  readonly master: number;
  readonly worker?: number;
}

const JOBS_AT_ONCE = 6;
const SAMPLES = 200;
/** What has not ended so long after the end is lost. */
const PATIENCE_MS = 120_000;
const MIB = 2 ** 20;

export async function benchSoak(options: SoakBench): Promise<SoakFound> {
  const { ms, bus, seed } = options;
  const random = seeded(seed);
  const folder = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  const system = bus === "memory" ? memorySystem() : await kafkaSystem(random);
  try {
    const load = await SoakLoad.make(system.master, folder, random);
    const begun = performance.now();
    const elapsed = () => performance.now() - begun;
    const ended = () => elapsed() >= ms;
    const jobs = Promise.all(Array.from({ length: JOBS_AT_ONCE }, () => load.run(ended)));
    const disturbed = Promise.all([
      sample(system, load, elapsed, ms),
      bus === "kafka" ? disturb(system, random, options, ended) : noFaults(),
    ]);
    const patience = disturbed.then(() => after(PATIENCE_MS));
    const [[samples, faults]] = await Promise.all([disturbed, Promise.race([jobs, patience])]);
    const { counts } = load;
    counts.lost = counts.submitted - counts.done - counts.cancelled;
    return { seed, bus, ms, counts, faults, samples };
  } finally {
    await system.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function sample(
  system: SoakSystem,
  load: SoakLoad,
  elapsed: () => number,
  ms: number,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (elapsed() < ms) {
    await pause(ms / SAMPLES);
    const worker = system.workerRss();
    const master = process.memoryUsage.rss();
    samples.push({
      ms: elapsed(),
      tiles: load.counts.tiles,
      master,
      ...(worker !== undefined && { worker }),
    });
  }
  return samples;
}

const noFaults = (): Record<Fault, number> => ({ kill: 0, leave: 0, join: 0, broker: 0 });

async function disturb(system: SoakSystem, random: Random, options: SoakBench, ended: () => boolean) {
  const counts = noFaults();
  const first = [...(options.first ?? [])];
  // A broker is restarted less often than workers come and go.
  const drawn = [...FAULTS, "kill", "leave", "join", "kill", "join"] as const;
  while (!ended() || first.length > 0) {
    await pause(random.below(options.faultMsMax));
    if (ended() && first.length === 0) break;
    const fault = first.shift() ?? random.pick(drawn);
    await system.disturb(fault);
    counts[fault]++;
  }
  return counts;
}

/** Mebibytes an hour, once memory has had a third of the time to settle. */
export function growth(samples: readonly Sample[], of: (sample: Sample) => number | undefined): number {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const points = settled.flatMap((sample) => {
    const bytes = of(sample);
    return bytes === undefined ? [] : [[sample.ms / 3_600_000, bytes / MIB] as const];
  });
  return slope(points);
}

export function soakFaults({ counts }: SoakFound): string[] {
  return [
    ...(counts.lost > 0 ? [`${counts.lost} of ${counts.submitted} jobs were lost.`] : []),
    ...(counts.wrongPixels > 0 ? [`${counts.wrongPixels} pixels are wrong.`] : []),
    ...(counts.done === 0 ? ["Not a single job was done."] : []),
  ];
}

export function soakMetrics(found: SoakFound): Metric[] {
  const { counts, samples, ms, bus } = found;
  const one = (id: string, unit: string, value: number, better: Metric["better"] = "lower") =>
    metricOf({ id: `${id}/${bus}`, unit, better, kind: "absolute" }, [value]);
  const errors = Object.values(counts.errors).reduce((sum, count) => sum + count, 0);
  const withWorker = samples.some(({ worker }) => worker !== undefined);
  return [
    one("jobs lost", "jobs", counts.lost),
    one("pixels wrong", "pixels", counts.wrongPixels),
    one("errors", "jobs", errors),
    one("jobs done", "jobs", counts.done, "higher"),
    one("tiles a second", "tiles/s", (1000 * counts.tiles) / ms, "higher"),
    one(
      "growth of the master",
      "MiB an hour",
      growth(samples, ({ master }) => master),
    ),
    ...(withWorker
      ? [
          one(
            "growth of a worker",
            "MiB an hour",
            growth(samples, ({ worker }) => worker),
          ),
        ]
      : []),
  ];
}

function soakSeries({ samples, bus }: SoakFound): Series[] {
  const line = (who: "master" | "worker"): Series => ({
    id: `memory over time, ${bus}/${who}`,
    x: "minutes",
    y: "MiB",
    points: samples.flatMap((each) => (each[who] === undefined ? [] : [[each.ms / 60_000, each[who] / MIB]])),
  });
  return [line("master"), line("worker")].filter(({ points }) => points.length > 0);
}

export function printSoak(found: SoakFound): string {
  const { bus, ms, seed, counts, faults } = found;
  const { submitted, done, cancelled, paused, errors } = counts;
  const done_ = Object.entries(faults).filter(([, count]) => count > 0);
  return [
    `${(ms / 60_000).toFixed(1)} minutes over ${bus}, seed ${seed}: ${submitted} jobs, ${done} done, ${cancelled} cancelled, ${paused} pauses`,
    `faults: ${done_.map(([fault, count]) => `${count} × ${fault}`).join(", ") || "none"}; errors: ${
      Object.entries(errors)
        .map(([code, count]) => `${count} × ${code}`)
        .join(", ") || "none"
    }`,
    table(
      ["", "", "unit"],
      soakMetrics(found).map(({ id, value, unit }) => [id.split("/")[0]!, value.toFixed(1), unit]),
    ),
    ...soakFaults(found),
  ].join("\n");
}

const FAULT_MS_MAX = 12_000;

export async function findSoak({ minutes, bus, seed }: BenchOptions): Promise<Findings> {
  const found = await benchSoak({ ms: minutes * 60_000, bus, seed, faultMsMax: FAULT_MS_MAX });
  return {
    metrics: soakMetrics(found),
    series: soakSeries(found),
    faults: soakFaults(found),
    rows: found,
    text: printSoak(found),
  };
}
