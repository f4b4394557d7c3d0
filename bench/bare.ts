import { join } from "node:path";
import sharp from "sharp";
import type { Channels } from "../shared/geometry.ts";
import { loadKernels } from "../shared/kernels/kernels.ts";
import { compileChain, runChain, windowOf } from "../shared/ops/chain.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import { createRaster } from "../shared/raster.ts";

sharp.cache(false);

const TILE = 512;

/** CPU milliseconds of decoding, transforming and encoding alone: the least that any arrangement of them costs. */
export async function bareCosts(input: string, dir: string, pipeline: string) {
  const canvas = join(dir, "bare.v");
  const open = (path: string) => sharp(path, { limitInputPixels: false, sequentialRead: true });
  const decodeMs = await cpuOf(() => open(input).toFile(canvas));
  const encode = () =>
    open(canvas).jpeg({ quality: 90, optimiseCoding: false }).toFile(join(dir, "bare.jpg"));
  const encodeMs = await cpuOf(encode);
  const { width, height, channels } = await sharp(input).metadata();
  return { decodeMs, encodeMs, transformMs: transformCost(width, height, channels as Channels, pipeline) };
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** One tile's transform, warm, times the image's size in tiles. */
export function transformCost(width: number, height: number, channels: Channels, pipeline: string): number {
  const chain = compileChain(parsePipeline(pipeline), { width, height, channels, depth: 8 });
  const kernels = loadKernels();
  const side = { width: Math.min(TILE, width), height: Math.min(TILE, height) };
  const out = { x: (width - side.width) >> 1, y: (height - side.height) >> 1, ...side };
  const source = createRaster(windowOf(chain, out), chain.input);
  for (let i = 0; i < source.data.length; i++) source.data[i] = (i * 2654435761) >>> 13;
  for (let i = 0; i < 20; i++) runChain(kernels, chain, out, source);
  const runs = 40;
  const start = performance.now();
  for (let i = 0; i < runs; i++) runChain(kernels, chain, out, source);
  return ((performance.now() - start) / runs) * ((width * height) / (side.width * side.height));
}
