/** Peak memory and time a megapixel of `tessera run` as images grow: both should not. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePicture } from "../samples/write.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { metricOf } from "./record.ts";
import { table } from "./report/table.ts";
import { median } from "./stats.ts";

const SIZES = [
  { name: "10 MP", width: 4000, height: 2500 },
  { name: "80 MP", width: 10_000, height: 8000 },
  { name: "300 MP", width: 20_000, height: 15_000 },
  { name: "1 Gpx", width: 35_000, height: 30_000 },
] as const;

export interface MemorySize {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

const TESSERA = new URL("../cli/tessera.ts", import.meta.url).pathname;

export async function benchMemory(sizes: readonly MemorySize[], repeats: number, pipeline = "blur(sigma=2)") {
  const dir = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  try {
    const rows = [];
    for (const { name, width, height } of sizes) {
      const input = join(dir, "picture.tif");
      await writePicture(input, { width, height, channels: 3, depth: 8, seed: 1 });
      const output = join(dir, "result.jpg");
      const args = ["run", input, "--do", pipeline, "--output", output, "--threads", "2", "--json"];
      const runs = [];
      for (let i = 0; i < repeats; i++) runs.push(await runCommand(args));
      const wallsMs = runs.map(({ wall_ms }) => wall_ms);
      const peaks = runs.map(({ peak_rss_bytes }) => peak_rss_bytes);
      rows.push({ name, pixels: width * height, wallsMs, peaks });
      rmSync(input);
    }
    return { rows };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function runCommand(args: readonly string[]) {
  const child = Bun.spawn([process.execPath, TESSERA, ...args], { stdout: "pipe", stderr: "inherit" });
  const text = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`tessera run failed: ${text}`);
  return JSON.parse(text) as { wall_ms: number; peak_rss_bytes: number };
}

export function printMemory({ rows }: Awaited<ReturnType<typeof benchMemory>>): string {
  const lines = rows.map(({ name, pixels, wallsMs, peaks }) => [
    name,
    (median(wallsMs) / 1000).toFixed(2),
    (median(wallsMs) / (pixels / 1e6)).toFixed(2),
    (Math.max(...peaks) / 2 ** 20).toFixed(0),
  ]);
  return table(["TIFF → blur(sigma=2) → JPEG", "s", "ms/MP", "peak MiB"], lines);
}

const EFFORTS = {
  quick: { sizes: 1, repeats: 2 },
  usual: { sizes: 2, repeats: 3 },
  full: { sizes: 3, repeats: 5 },
};

export async function findMemory({ effort, repeats, gigapixel }: BenchOptions): Promise<Findings> {
  const own = EFFORTS[effort];
  const record = await benchMemory(
    SIZES.slice(0, gigapixel ? SIZES.length : own.sizes),
    repeats ?? own.repeats,
  );
  const [first] = record.rows;
  const metrics = record.rows.flatMap(({ name, pixels, wallsMs, peaks }) => [
    metricOf(
      { id: `peak memory/${name}`, unit: "MiB", better: "lower", kind: "absolute" },
      peaks.map((bytes) => bytes / 2 ** 20),
    ),
    metricOf(
      { id: `time a megapixel/${name}`, unit: "ms", better: "lower", kind: "absolute" },
      wallsMs.map((ms) => ms / (pixels / 1e6)),
    ),
    metricOf(
      { id: `peak over that of ${first!.name}/${name}`, unit: "×", better: "lower", kind: "ratio" },
      peaks.map((bytes) => bytes / median(first!.peaks)),
    ),
  ]);
  return { metrics, rows: record.rows, text: printMemory(record) };
}
