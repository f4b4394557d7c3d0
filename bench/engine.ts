/**
 * Whole images through the embedded engine beside one libvips process on the same files, in turn, in one run; the
 * ratio is that of the medians. Then where the CPU goes: decoding, transforming and encoding alone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePicture } from "../samples/write.ts";
import { bareCosts } from "./bare.ts";
import { environment, median, Peer, table } from "./harness.ts";

const SIX =
  "flop | blur(sigma=1) | convolve(kernel=[0,-1,0,-1,5,-1,0,-1,0]) | channel_mix(red=[0.9,0.05,0.05], green=[0.05,0.9,0.05], blue=[0.05,0.05,0.9]) | contrast_linear(factor=1.2) | invert";

/** The same work in both languages, in the order in which libvips' front end applies it. */
const CASES = [
  { name: "blur(sigma=2)", pipeline: "blur(sigma=2)", recipe: "blur2" },
  { name: "six steps", pipeline: SIX, recipe: "six" },
  { name: "blur(sigma=5)", pipeline: "blur(sigma=5)", recipe: "blur5" },
  { name: "sharpen", pipeline: "sharpen", recipe: "sharpen" },
  { name: "grayscale", pipeline: "grayscale", recipe: "grayscale" },
  { name: "invert", pipeline: "invert", recipe: "invert" },
] as const;

export interface EngineBench {
  readonly sizes: readonly { readonly name: string; readonly width: number; readonly height: number }[];
  readonly repeats: number;
  /** Names of cases; all if left out. */
  readonly only?: readonly string[];
}

export const ENGINE_SIZES = [
  { name: "12 MP", width: 4000, height: 3000 },
  { name: "80 MP", width: 10_000, height: 8000 },
] as const;

export interface EngineRow {
  readonly size: string;
  readonly pipeline: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peerWallMs: number;
  readonly peerCpuMs: number;
  readonly ratio: number;
  readonly spread: readonly [number, number];
}

export async function benchEngine(options: EngineBench) {
  const dir = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  const peers = [new Peer("./peers/tessera.ts"), new Peer("./peers/libvips.ts")] as const;
  try {
    const rows: EngineRow[] = [];
    const bare = [];
    for (const size of options.sizes) {
      const input = join(dir, `${size.width}.jpg`);
      await writePicture(input, { width: size.width, height: size.height, channels: 3, depth: 8, seed: 1 });
      for (const one of CASES) {
        if (options.only !== undefined && !options.only.includes(one.name)) continue;
        rows.push(await compare(peers, dir, input, size.name, one, options.repeats));
        bare.push({ size: size.name, pipeline: one.name, ...(await bareCosts(input, dir, one.pipeline)) });
      }
    }
    return { environment: environment(), rows, bare };
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The two take turns, so that a change of the machine's speed meets both. */
async function compare(
  [tessera, libvips]: readonly [Peer, Peer],
  dir: string,
  input: string,
  size: string,
  { name, pipeline, recipe }: (typeof CASES)[number],
  repeats: number,
): Promise<EngineRow> {
  const spec = { format: "jpeg", quality: 90, metadata: "strip" };
  const ours = { input, output: join(dir, "ours.jpg"), pipeline, spec };
  const theirs = { input, output: join(dir, "theirs.jpg"), recipe, quality: 90 };
  await tessera.run(ours);
  await libvips.run(theirs);
  const runs = [];
  for (let i = 0; i < repeats; i++) runs.push([await tessera.run(ours), await libvips.run(theirs)] as const);
  const ratios = runs.map(([a, b]) => a.wallMs / b.wallMs);
  return {
    size,
    pipeline: name,
    wallMs: median(runs.map(([a]) => a.wallMs)),
    cpuMs: median(runs.map(([a]) => a.cpuMs)),
    peerWallMs: median(runs.map(([, b]) => b.wallMs)),
    peerCpuMs: median(runs.map(([, b]) => b.cpuMs)),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}

export function printEngine({ rows, bare }: Awaited<ReturnType<typeof benchEngine>>): string {
  const ms = (value: number) => value.toFixed(0);
  const side = rows.map((row) => [
    `${row.size} ${row.pipeline}`,
    ms(row.wallMs),
    ms(row.peerWallMs),
    row.ratio.toFixed(2),
    `${row.spread[0].toFixed(2)}–${row.spread[1].toFixed(2)}`,
    ms(row.cpuMs),
    ms(row.peerCpuMs),
  ]);
  const parts = bare.map((row, i) => [
    `${row.size} ${row.pipeline}`,
    ms(row.decodeMs),
    ms(row.transformMs),
    ms(row.encodeMs),
    ms(row.decodeMs + row.transformMs + row.encodeMs),
    ms(rows[i]!.cpuMs),
  ]);
  return [
    "JPEG to JPEG q90: wall ms, beside one libvips process",
    table(["", "tessera", "libvips", "ratio", "spread", "cpu", "libvips cpu"], side),
    "",
    "CPU ms of the parts alone, and of all that Tessera does",
    table(["", "decode", "transform", "encode", "sum", "tessera cpu"], parts),
  ].join("\n");
}
