/** Peak memory and time a megapixel of `tessera run` as images grow: both should not. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePicture } from "../samples/write.ts";
import { environment, median, table } from "./harness.ts";

export const MEMORY_SIZES = [
  { name: "10 MP", width: 4000, height: 2500, gigapixel: false },
  { name: "80 MP", width: 10_000, height: 8000, gigapixel: false },
  { name: "300 MP", width: 20_000, height: 15_000, gigapixel: false },
  { name: "1 Gpx", width: 35_000, height: 30_000, gigapixel: true },
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
      const wallMs = median(runs.map(({ wall_ms }) => wall_ms));
      const peakRssBytes = Math.max(...runs.map(({ peak_rss_bytes }) => peak_rss_bytes));
      rows.push({ name, pixels: width * height, wallMs, peakRssBytes });
      rmSync(input);
    }
    return { environment: environment(), rows };
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
  const lines = rows.map(({ name, pixels, wallMs, peakRssBytes }) => [
    name,
    (wallMs / 1000).toFixed(2),
    (wallMs / (pixels / 1e6)).toFixed(2),
    (peakRssBytes / 2 ** 20).toFixed(0),
  ]);
  return table(["TIFF → blur(sigma=2) → JPEG", "s", "ms/MP", "peak MiB"], lines);
}
