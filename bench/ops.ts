/**
 * Every op on one tile: the kernels of our own beside what comes closest in libvips and @napi-rs/image, in turn, on one
 * thread and on all. This is what the choice of engine for each op rests on.
 */
import { availableParallelism } from "node:os";
import { allOps } from "../shared/ops/registry.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { interleaved, quickest } from "./harness.ts";
import { inLayouts, LAYOUTS, quickestLayout } from "./layouts.ts";
import { type EngineName, FORMATS, type FormatName, opCase } from "./op_cases.ts";
import { OpThreads } from "./op_threads.ts";
import { type Metric, metricOf } from "./record.ts";
import { table } from "./report/table.ts";
import { slowed } from "./slow.ts";
import { leastOfEach, median, pairwise } from "./stats.ts";
import { yardstick } from "./yardstick.ts";

export interface OpsBench {
  /** Side of the tile in pixels. */
  readonly side: number;
  readonly repeats: number;
  readonly warmups: number;
  /** Each engine runs so long before it counts. */
  readonly warmMs: number;
  /** See `inLayouts`. */
  readonly layouts: number;
  /** Names of ops; all if left out. */
  readonly only?: readonly string[];
  /** Of FORMATS; all if left out. */
  readonly formats?: readonly FormatName[];
  /** Threads of the second part, which is of RGB8 alone; 0 leaves it out. */
  readonly threads: number;
  /** By how much our own engine is slowed down, to show that it is noticed. */
  readonly slower?: number;
}

/** Rounds of which the least counts; the median is over such threes. */
const ROUNDS_EACH = 3;

/** Where the defaults do nothing, or where one size says too little. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  blur: ["blur(sigma=1)", "blur(sigma=2)", "blur"],
  median: ["median", "median(radius=2)", "median(radius=3)"],
  erode: ["erode", "erode(radius=10)"],
  box_blur: ["box_blur", "box_blur(radius=50)"],
  crop: ["crop(x=7, y=5, width=600, height=600)"],
  resize: ["resize(scale=0.5)", "resize(scale=2)"],
};

export interface OpsRow {
  readonly op: string;
  readonly format: FormatName;
  readonly engine: EngineName;
  readonly threads: number;
  readonly ms: number;
  readonly megapixelsPerSecond: number;
}

export interface OpsFound {
  readonly side: number;
  readonly rows: readonly OpsRow[];
  readonly metrics: readonly Metric[];
}

export async function benchOps(options: OpsBench): Promise<OpsFound> {
  const rows: OpsRow[] = [];
  const metrics: Metric[] = [];
  const formats = options.formats ?? (Object.keys(FORMATS) as FormatName[]);
  for (const text of textsOf(options))
    for (const format of formats) {
      const found = await onOneThread(text, format, options);
      rows.push(...found.rows);
      metrics.push(...found.metrics);
    }
  if (options.threads > 0) rows.push(...(await onAllThreads(options)));
  return { side: options.side, rows, metrics };
}

const textsOf = ({ only }: OpsBench): string[] =>
  allOps()
    .filter(({ name }) => only === undefined || only.includes(name))
    .flatMap(({ name }) => CASES[name] ?? [name]);

async function onOneThread(op: string, format: FormatName, options: OpsBench) {
  const cases = inLayouts(options.layouts, (kernels) => opCase(op, format, options.side, kernels));
  const { engines, pixels } = cases[0]!;
  const own = cases.map(({ engines: [own] }) => slowed(own![1], options.slower ?? 0));
  const contestants = [await quickestLayout(own, options)];
  for (const [, run] of engines.slice(1)) contestants.push(await quickest(run, options));
  const rounds = await interleaved([await quickest(yardstick, options), ...contestants], options);
  const [unit, ...times] = rounds.map((values) => leastOfEach(values, ROUNDS_EACH));
  const rows: OpsRow[] = engines.map(([engine], i) => {
    const ms = median(times[i]!);
    return { op, format, engine, threads: 1, ms, megapixelsPerSecond: pixels / ms / 1000 };
  });
  const label = `${op}, ${format}`;
  const ratio = { unit: "×", better: "lower", kind: "ratio" } as const;
  // Shown only: the libraries' own times differ by up to a half from process to process.
  const beside = { unit: "×", better: "lower", kind: "absolute" } as const;
  const metrics = [
    metricOf({ id: `own/${label}`, unit: "ms", better: "lower", kind: "absolute" }, times[0]!),
    metricOf({ id: `own over the yardstick/${label}`, ...ratio }, pairwise(times[0]!, unit!)),
    ...engines
      .slice(1)
      .map(([engine], i) =>
        metricOf({ id: `own over ${engine}/${label}`, ...beside }, pairwise(times[0]!, times[i + 1]!)),
      ),
  ];
  return { rows, metrics };
}

/** All threads of one engine at a time: libvips and @napi-rs/image are given one thread an image too. */
async function onAllThreads(options: OpsBench): Promise<OpsRow[]> {
  const { side, warmups, repeats } = options;
  const threads = new OpThreads(options.threads);
  const rows: OpsRow[] = [];
  const tiles = Math.max(1, repeats >> 1);
  try {
    for (const op of textsOf(options)) {
      const { engines, pixels } = opCase(op, "RGB8", side);
      await threads.make(op, "RGB8", side);
      if (warmups > 0) for (const [engine] of engines) await threads.run(engine, Math.min(warmups, tiles));
      const times = await interleaved(
        engines.map(
          ([engine]) =>
            () =>
              threads.run(engine, tiles),
        ),
        { warmups: 0, repeats: 3 },
      );
      for (const [i, [engine]] of engines.entries()) {
        const ms = median(times[i]!) / tiles;
        const megapixelsPerSecond = (threads.count * pixels) / ms / 1000;
        rows.push({ op, format: "RGB8", engine, threads: threads.count, ms, megapixelsPerSecond });
      }
    }
  } finally {
    await threads.end();
  }
  return rows;
}

export function printOps({ side, rows }: OpsFound): string {
  const lines = Map.groupBy(rows, ({ op, format, threads }) => `${op}|${format}|${threads}`);
  const engines = ["own", "libvips", "napi"] as const;
  const body = (threads: (count: number) => boolean, of: (row: OpsRow) => string) =>
    [...lines.values()]
      .filter(([first]) => threads(first!.threads))
      .map((line) => {
        const cells = engines.map((engine) => line.find((row) => row.engine === engine));
        return [line[0]!.op, line[0]!.format, ...cells.map((row) => (row === undefined ? "" : of(row)))];
      });
  const one = body(
    (count) => count === 1,
    ({ ms, megapixelsPerSecond }) => `${ms.toFixed(2)} ${megapixelsPerSecond.toFixed(0).padStart(6)}`,
  );
  const all = body(
    (count) => count > 1,
    ({ megapixelsPerSecond }) => megapixelsPerSecond.toFixed(0),
  );
  const text = [
    `One tile of ${side} × ${side}, one thread: ms and MP/s; of whole-image ops their histogram`,
    table(["", "format", ...engines], one),
  ];
  if (all.length > 0)
    text.push(
      "",
      `All ${rows.find(({ threads }) => threads > 1)!.threads} threads: MP/s`,
      table(["", "format", ...engines], all),
    );
  return text.join("\n");
}

const EFFORTS = {
  quick: {
    side: 512,
    repeats: 9,
    warmups: 2,
    warmMs: 60,
    formats: ["RGB8"],
    only: ["blur", "invert", "median", "resize"],
  },
  usual: { side: 512, repeats: 15, warmups: 2, warmMs: 80, formats: ["RGB8"] },
  full: { side: 512, repeats: 21, warmups: 2, warmMs: 100 },
} as const satisfies Record<string, Omit<OpsBench, "threads" | "layouts">>;

export async function findOps({ effort, repeats, ops }: BenchOptions): Promise<Findings> {
  const options = {
    threads: Math.max(2, availableParallelism()),
    layouts: LAYOUTS,
    ...EFFORTS[effort],
  };
  const found = await benchOps({
    ...options,
    ...(repeats !== undefined && { repeats }),
    ...(ops !== undefined && { only: ops }),
  });
  return {
    metrics: [...found.metrics, ...threadMetrics(found)],
    rows: { side: found.side, rows: found.rows },
    text: printOps(found),
  };
}

/** What all threads do together over what one does. */
function threadMetrics({ rows }: OpsFound): Metric[] {
  const own = rows.filter(({ engine }) => engine === "own");
  return own
    .filter(({ threads }) => threads > 1)
    .flatMap((all) => {
      const one = own.find((row) => row.op === all.op && row.format === all.format && row.threads === 1);
      if (one === undefined) return [];
      const value = all.megapixelsPerSecond / one.megapixelsPerSecond;
      const id = `all threads over one/${all.op}, ${all.format}`;
      return [{ id, value, unit: "×", better: "higher", kind: "absolute" }];
    });
}
