/** How long a person waits: for the command to start, for a master to be ready, for a small photo in a warm process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePicture } from "../samples/write.ts";
import { linesIn } from "../test/support/lines.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { Peer } from "./harness.ts";
import { metricOf } from "./record.ts";
import { table } from "./report/table.ts";
import { median } from "./stats.ts";

const path = (file: string) => new URL(file, import.meta.url).pathname;

export async function benchStart(repeats: number) {
  const dir = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  try {
    const transforms: number[] = [];
    const master: number[] = [];
    for (let i = 0; i < repeats; i++) {
      transforms.push(await commandMs());
      master.push(await masterMs(join(dir, `data-${i}`)));
    }
    const photo = await photoMs(dir, Math.max(repeats, 5));
    return { transformsMs: transforms, masterMs: master, photoMs: photo };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function commandMs(): Promise<number> {
  const start = performance.now();
  const child = Bun.spawn([process.execPath, path("../cli/tessera.ts"), "transforms"], { stdout: "ignore" });
  await child.exited;
  return performance.now() - start;
}

/** From the process' start until it answers on its port. */
async function masterMs(dir: string): Promise<number> {
  const start = performance.now();
  const env = { ...process.env, TESSERA_DIR: dir, TESSERA_PORT: "0" };
  const child = Bun.spawn([process.execPath, path("../embedded/main.ts")], { env, stdout: "pipe" });
  const { value } = await linesIn(child.stdout).next();
  const url = /http:\S+/.exec(value ?? "")?.[0];
  const answer = await fetch(`${url}/healthz`);
  const ms = performance.now() - start;
  if (!answer.ok) throw new Error("the master is not healthy");
  child.kill("SIGTERM");
  await child.exited;
  return ms;
}

async function photoMs(dir: string, repeats: number): Promise<number[]> {
  const input = join(dir, "photo.jpg");
  await writePicture(input, { width: 1154, height: 866, channels: 3, depth: 8, seed: 1 });
  const peer = new Peer("./peers/tessera.ts");
  try {
    const work = {
      input,
      output: join(dir, "out.jpg"),
      pipeline: "blur(sigma=2) | contrast",
      spec: { format: "jpeg" },
    };
    await peer.run(work);
    const runs: number[] = [];
    for (let i = 0; i < repeats; i++) runs.push((await peer.run(work)).wallMs);
    return runs;
  } finally {
    await peer.close();
  }
}

export function printStart({
  transformsMs,
  masterMs,
  photoMs,
}: Awaited<ReturnType<typeof benchStart>>): string {
  return table(
    ["median", "ms"],
    [
      ["tessera transforms", median(transformsMs).toFixed(0)],
      ["master ready", median(masterMs).toFixed(0)],
      ["1-MP photo, warm", median(photoMs).toFixed(0)],
    ],
  );
}

export async function findStart({
  effort,
  repeats = effort === "quick" ? 3 : 9,
}: BenchOptions): Promise<Findings> {
  const rows = await benchStart(repeats);
  const ms = { unit: "ms", better: "lower", kind: "absolute" } as const;
  const metrics = [
    metricOf({ id: "wait/tessera transforms", ...ms }, rows.transformsMs),
    metricOf({ id: "wait/master ready", ...ms }, rows.masterMs),
    metricOf({ id: "wait/1-MP photo, warm", ...ms }, rows.photoMs),
  ];
  return { metrics, rows, text: printStart(rows) };
}
