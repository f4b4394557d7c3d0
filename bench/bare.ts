import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { Channels } from "../shared/geometry.ts";
import { compileChain, runChain, windowOf } from "../shared/ops/chain.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import { createRaster } from "../shared/raster.ts";
import { inLayouts, LAYOUTS, quickestLayout } from "./layouts.ts";

sharp.cache(false);

const TILE = 512;
const WARM_MS = 60;
/** About a band. */
const CHUNK_BYTES = 8 << 20;

/** CPU milliseconds of each part of a job alone: no arrangement of them costs less than the three that compute. */
export interface BareCosts {
  readonly decodeMs: number;
  /** Reading every pixel of the source's canvas once, and writing as many. */
  readonly cutMs: number;
  readonly transformMs: number;
  readonly collectMs: number;
  readonly encodeMs: number;
}

export async function bareCosts(input: string, dir: string, pipeline: string): Promise<BareCosts> {
  const { width, height, channels } = await sharp(input).metadata();
  const transformMs = await transformCost(width, height, channels as Channels, pipeline);
  return { ...(await bareCodecs(input, dir)), transformMs };
}

/** The parts that do not depend on the pipeline, as long as it leaves the image's shape alone. */
export async function bareCodecs(input: string, dir: string): Promise<Omit<BareCosts, "transformMs">> {
  const canvas = join(dir, "bare.v");
  const open = (path: string) => sharp(path, { limitInputPixels: false, sequentialRead: true });
  const decodeMs = await cpuOf(() => open(input).toFile(canvas));
  const encode = () =>
    open(canvas).jpeg({ quality: 90, optimiseCoding: false }).toFile(join(dir, "bare.jpg"));
  const encodeMs = await cpuOf(encode);
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const cutMs = await cpuOf(() => inChunks(canvas, (file, at) => readSync(file, buffer, 0, CHUNK_BYTES, at)));
  const collectMs = await cpuOf(() =>
    inChunks(canvas, (_, at, target, bytes) =>
      writeSync(target, buffer, 0, Math.min(CHUNK_BYTES, bytes - at), at),
    ),
  );
  return { decodeMs, cutMs, collectMs, encodeMs };
}

type Chunk = (file: number, at: number, target: number, bytes: number) => unknown;

function inChunks(path: string, chunk: Chunk): void {
  const file = openSync(path, "r");
  const target = openSync(`${path}.copy`, "w");
  const { size } = fstatSync(file);
  for (let at = 0; at < size; at += CHUNK_BYTES) chunk(file, at, target, size);
  closeSync(file);
  closeSync(target);
}

async function cpuOf(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** One tile's transform, warm and in its best layout, times the result's size in tiles. */
export async function transformCost(
  width: number,
  height: number,
  channels: Channels,
  pipeline: string,
): Promise<number> {
  const steps = parsePipeline(pipeline);
  if (steps.length === 0) return 0;
  const chain = compileChain(steps, { width, height, channels, depth: 8 });
  const whole = chain.output;
  const side = { width: Math.min(TILE, whole.width), height: Math.min(TILE, whole.height) };
  const out = { x: (whole.width - side.width) >> 1, y: (whole.height - side.height) >> 1, ...side };
  const source = createRaster(windowOf(chain, out), chain.input);
  for (let i = 0; i < source.data.length; i++) source.data[i] = (i * 2654435761) >>> 13;
  const runs = inLayouts(LAYOUTS, (kernels) => () => runChain(kernels, chain, out, source));
  const sample = await quickestLayout(runs, { warmMs: WARM_MS });
  const ms = Math.min(await sample(), await sample(), await sample());
  return ms * ((whole.width * whole.height) / (side.width * side.height));
}
