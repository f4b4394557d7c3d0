/**
 * Every op on one tile, one thread: the kernels of our own beside what comes closest in libvips and @napi-rs/image, in
 * turn, medians. This is what the choice of engine for each op rests on.
 */
import type { PixelFormat } from "../shared/geometry.ts";
import { allOps, opNamed } from "../shared/ops/registry.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import { environment, median, table } from "./harness.ts";
import { libvips, napi, ownEngine, ownHistogram, type Run } from "./op_engines.ts";

export interface OpsBench {
  /** Side of the tile in pixels. */
  readonly side: number;
  readonly repeats: number;
  readonly warmups: number;
  /** Names of ops; all if left out. */
  readonly only?: readonly string[];
  /** Of FORMATS; all if left out. */
  readonly formats?: readonly (keyof typeof FORMATS)[];
}

export const OPS_FULL: OpsBench = { side: 512, repeats: 30, warmups: 15 };

export const FORMATS = {
  gray8: { channels: 1, depth: 8 },
  RGB8: { channels: 3, depth: 8 },
  RGBA8: { channels: 4, depth: 8 },
  RGB16: { channels: 3, depth: 16 },
} as const satisfies Record<string, PixelFormat>;

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
  readonly format: string;
  readonly engine: "own" | "libvips" | "napi";
  readonly ms: number;
  readonly megapixelsPerSecond: number;
}

export async function benchOps(options: OpsBench) {
  const rows: OpsRow[] = [];
  const formats = options.formats ?? (Object.keys(FORMATS) as (keyof typeof FORMATS)[]);
  for (const { name } of allOps()) {
    if (options.only !== undefined && !options.only.includes(name)) continue;
    for (const text of CASES[name] ?? [name])
      for (const format of formats) rows.push(...(await rowsOf(text, format, options)));
  }
  return { environment: environment(), side: options.side, rows };
}

async function rowsOf(text: string, format: keyof typeof FORMATS, options: OpsBench): Promise<OpsRow[]> {
  const { side, repeats, warmups } = options;
  const steps = parsePipeline(text);
  const whole = opNamed(steps[0]!.op).kind === "statistics";
  // The tile lies in the middle, so that every filter has its whole margin.
  const image = { width: 3 * side, height: 3 * side, ...FORMATS[format] };
  const { run, source, out } = whole ? ownHistogram(image, side) : ownEngine(steps, image, side);
  const engines = { own: run, libvips: libvips(text, source), napi: napi(text, source) };
  const there = Object.entries(engines).filter(
    (entry): entry is [OpsRow["engine"], Run] => entry[1] !== undefined,
  );
  const times = new Map(there.map(([engine]) => [engine, [] as number[]]));
  for (let i = 0; i < warmups + repeats; i++) {
    for (const [engine, once] of there) {
      const start = performance.now();
      await once();
      if (i >= warmups) times.get(engine)!.push(performance.now() - start);
    }
  }
  return there.map(([engine]) => {
    const ms = median(times.get(engine)!);
    return { op: text, format, engine, ms, megapixelsPerSecond: (out.width * out.height) / ms / 1000 };
  });
}

export function printOps({ side, rows }: Awaited<ReturnType<typeof benchOps>>): string {
  const lines = new Map<string, OpsRow[]>();
  for (const row of rows) {
    const key = `${row.op}|${row.format}`;
    lines.set(key, [...(lines.get(key) ?? []), row]);
  }
  const body = [...lines.values()].map((line) => {
    const of = (engine: string) => line.find((row) => row.engine === engine);
    const ms = (engine: string) => of(engine)?.ms.toFixed(2) ?? "";
    const { op, format } = line[0]!;
    return [op, format, ms("own"), of("own")!.megapixelsPerSecond.toFixed(0), ms("libvips"), ms("napi")];
  });
  const header = ["", "format", "own ms", "own MP/s", "libvips ms", "napi ms"];
  return [
    `One tile of ${side} × ${side}, one thread; whole-image ops: their histogram`,
    table(header, body),
  ].join("\n");
}
