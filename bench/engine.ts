/**
 * Whole images through the embedded engine beside one libvips process on the same files, in turn, in one run; the
 * ratio is the median of those of each pair. Then where the CPU goes, part by part, and the bound: what computes, alone,
 * shared out over all cores.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { writePicture } from "../samples/write.ts";
import { type BareCosts, bareCodecs, transformCost } from "./bare.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { CASES, type EngineCase, type EngineSize, sizesOf } from "./engine_cases.ts";
import { type Cost, interleaved, Peer } from "./harness.ts";
import { type Metric, metricOf } from "./record.ts";
import { table } from "./report/table.ts";
import { median, pairwise } from "./stats.ts";

export interface EngineBench {
  readonly sizes: readonly EngineSize[];
  readonly repeats: number;
}

/** Small images are done more often first: what runs seldom is not compiled yet. */
const WARM_MS = 600;
const WARMUPS_MAX = 5;
/** Small images are done more often in all, and in more processes: their times are short, and no two processes alike. */
const MEASURE_MS = 800;
const REPEATS_MAX = 40;
const SMALL_MS = 400;
const PROCESSES = { small: 5, large: 3 };

export interface EngineRow {
  readonly size: string;
  readonly pipeline: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
  /** Wall milliseconds by the job's own clock; phases overlap. */
  readonly phases: Readonly<Record<string, number>>;
  readonly peer: { readonly wallMs: number; readonly cpuMs: number; readonly peakRssBytes: number };
  readonly bare: BareCosts;
  /** Wall milliseconds below which nothing that decodes, transforms and encodes on these cores can come. */
  readonly boundMs: number;
}

export interface EngineFound {
  readonly rows: readonly EngineRow[];
  readonly metrics: readonly Metric[];
}

export async function benchEngine({ sizes, repeats }: EngineBench): Promise<EngineFound> {
  const dir = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  try {
    const found = [];
    for (const size of sizes) {
      const input = join(dir, `${size.width}.jpg`);
      await writePicture(input, { width: size.width, height: size.height, channels: 3, depth: 8, seed: 1 });
      const codecs = await bareCodecs(input, dir);
      for (const one of CASES) {
        if (size.only !== undefined && !size.only.includes(one.name)) continue;
        const bare = {
          ...codecs,
          transformMs: await transformCost(size.width, size.height, 3, one.pipeline),
        };
        found.push(caseOf(size, one, bare, await runBoth(dir, input, size, one, repeats)));
      }
      rmSync(input);
    }
    return { rows: found.map(({ row }) => row), metrics: found.flatMap(({ metrics }) => metrics) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Processes of their own, so that the peak of their memory is this case's; several, since no two are alike. */
async function runBoth(
  dir: string,
  input: string,
  { width }: EngineSize,
  { pipeline, recipe }: EngineCase,
  repeats: number,
): Promise<Cost[][]> {
  const spec = { format: "jpeg", quality: 90, metadata: "strip" };
  const found: Cost[][] = [[], []];
  let [left, each] = [repeats, repeats];
  for (let process = 0; left > 0; process++) {
    const tessera = new Peer("./peers/tessera.ts");
    const libvips = new Peer("./peers/libvips.ts");
    const ours = () => tessera.run({ input, output: join(dir, "ours.jpg"), pipeline, spec });
    const theirs = () => libvips.run({ input, output: join(dir, "theirs.jpg"), recipe, width, quality: 90 });
    try {
      let { wallMs } = await ours();
      // The first run of a process says little of a short one.
      if (wallMs < SMALL_MS) for (let i = 0; i < 2; i++) ({ wallMs } = await ours());
      if (process === 0) [left, each] = runsOf(wallMs, repeats);
      const warmups = Math.max(1, Math.min(WARMUPS_MAX, Math.ceil(WARM_MS / wallMs)));
      const costs = await interleaved([ours, theirs], { warmups, repeats: Math.min(left, each) });
      for (const [i, of] of costs.entries()) found[i]!.push(...of);
      left -= each;
    } finally {
      await Promise.all([tessera.close(), libvips.close()]);
    }
  }
  return found;
}

/** How often it is done in all, and in each process. One repeat is a taste, and stays one. */
function runsOf(wallMs: number, repeats: number): [all: number, each: number] {
  if (repeats === 1) return [1, 1];
  const all = Math.max(repeats, Math.min(REPEATS_MAX, Math.ceil(MEASURE_MS / wallMs)));
  return [all, Math.ceil(all / (wallMs < SMALL_MS ? PROCESSES.small : PROCESSES.large))];
}

function caseOf(size: EngineSize, one: EngineCase, bare: BareCosts, [ours, theirs]: Cost[][]) {
  const of = (costs: readonly Cost[], what: "wallMs" | "cpuMs" | "peakRssBytes") =>
    costs.map((cost) => cost[what]);
  const middle = (costs: readonly Cost[]) => ({
    wallMs: median(of(costs, "wallMs")),
    cpuMs: median(of(costs, "cpuMs")),
    peakRssBytes: Math.max(...of(costs, "peakRssBytes")),
  });
  const boundMs = (bare.decodeMs + bare.transformMs + bare.encodeMs) / availableParallelism();
  const row: EngineRow = {
    ...{ size: size.name, pipeline: one.name, ...middle(ours!), peer: middle(theirs!), bare, boundMs },
    phases: ours!.at(-1)!.phases ?? {},
  };
  const label = `${size.name}, ${one.name}`;
  const ratio = (id: string, what: "wallMs" | "cpuMs" | "peakRssBytes") =>
    metricOf(
      { id: `${id}/${label}`, unit: "×", better: "lower", kind: "ratio" },
      pairwise(of(ours!, what), of(theirs!, what)),
    );
  const absolute = (id: string, unit: string, values: readonly number[]) =>
    metricOf({ id: `${id}/${label}`, unit, better: "lower", kind: "absolute" }, values);
  const metrics = [
    ratio("wall over libvips", "wallMs"),
    ratio("CPU over libvips", "cpuMs"),
    ratio("peak memory over libvips", "peakRssBytes"),
    absolute("wall", "ms", of(ours!, "wallMs")),
    absolute("libvips' wall", "ms", of(theirs!, "wallMs")),
    absolute("CPU", "ms", of(ours!, "cpuMs")),
    absolute("peak memory", "MiB", [row.peakRssBytes / 2 ** 20]),
    absolute("libvips' peak memory", "MiB", [row.peer.peakRssBytes / 2 ** 20]),
    absolute("wall over the bound", "×", [row.wallMs / boundMs]),
  ];
  return { row, metrics };
}

const ms = (value: number): string => value.toFixed(0);
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

export function printEngine({ rows, metrics }: EngineFound): string {
  const side = rows.map((row) => {
    const label = `${row.size}, ${row.pipeline}`;
    const { value, spread } = metrics.find(({ id }) => id === `wall over libvips/${label}`)!;
    return [
      ...[label, ms(row.wallMs), ms(row.peer.wallMs), value.toFixed(2)],
      spread === undefined ? "" : `${spread.min.toFixed(2)}–${spread.max.toFixed(2)}`,
      ...[ms(row.cpuMs), ms(row.peer.cpuMs), mib(row.peakRssBytes), mib(row.peer.peakRssBytes)],
    ];
  });
  const parts = rows.map(({ size, pipeline, bare, cpuMs, wallMs, boundMs }) => {
    const { decodeMs, cutMs, transformMs, collectMs, encodeMs } = bare;
    const known = decodeMs + cutMs + transformMs + collectMs + encodeMs;
    const all = [decodeMs, cutMs, transformMs, collectMs, encodeMs, cpuMs - known, cpuMs, boundMs];
    return [`${size}, ${pipeline}`, ...all.map(ms), (wallMs / boundMs).toFixed(2)];
  });
  const phases = rows.map(({ size, pipeline, phases }) => [
    `${size}, ${pipeline}`,
    Object.entries(phases)
      .map(([phase, taken]) => `${phase} ${ms(taken)}`)
      .join(", "),
  ]);
  return [
    "JPEG to JPEG q90: wall ms, beside one libvips process; CPU ms; peak MiB",
    table(["", "tessera", "libvips", "ratio", "spread", "cpu", "libvips", "peak", "libvips"], side),
    "",
    "CPU ms of the parts alone, what is left of all that Tessera takes, and the bound by what computes, over the cores",
    table(["", "decode", "cut", "op", "collect", "encode", "rest", "all", "bound ms", "wall/bound"], parts),
    "",
    "Wall ms of the phases, which overlap",
    table(["", "phases"], phases),
  ].join("\n");
}

export async function findEngine(options: BenchOptions): Promise<Findings> {
  const { effort, repeats = effort === "full" ? 9 : 6 } = options;
  const found = await benchEngine({ sizes: sizesOf(options), repeats });
  return { metrics: found.metrics, rows: found.rows, text: printEngine(found) };
}
