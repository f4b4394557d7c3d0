import { isPacked } from "../bus/messages.ts";
import { bytesPerPixel, colourChannels, type Shape } from "../geometry.ts";
import { type Kernels, loadKernels } from "../kernels/kernels.ts";
import { packPlane, unpackToPlane } from "../payload/packed.ts";
import type { Raster } from "../raster.ts";
import { type Chain, compileChain, runChain, unload } from "./chain.ts";
import type { Plane, Step } from "./op.ts";
import type { ThreadInput, ThreadOutput } from "./tile_task.ts";

const CHAINS_MAX = 16;

let kernels: Kernels | undefined;
const chains = new Map<string, Chain>();

/** Computes one tile, from pixels in shared memory or packed ones to the same. Each thread has its own kernels. */
export function computeTile({ steps, input, out, window, wanted, figures }: ThreadInput): ThreadOutput {
  const start = performance.now();
  kernels ??= loadKernels();
  const chain = chainFor(steps, input);
  const memory = kernels;
  const source = isPacked(window) ? (plane: Plane) => unpackToPlane(memory, window, plane) : window;
  const plane = runChain(kernels, chain, out, source);
  const counts = figures ? countLevels(kernels, plane) : undefined;
  if (wanted !== undefined && wanted !== "packed")
    unload(kernels, plane, rasterIn(wanted instanceof Uint8Array ? wanted : new Uint8Array(wanted), plane));
  const packed = wanted === "packed" ? packPlane(kernels, plane) : undefined;
  const ms = performance.now() - start;
  return { ms, ...(packed && { packed }), ...(counts && { figures: counts }) };
}

/** Compiling builds look-up tables, so the chains of the jobs at hand are kept. */
function chainFor(steps: readonly Step[], input: Shape): Chain {
  const key = JSON.stringify([steps, input]);
  let chain = chains.get(key);
  if (chain === undefined) {
    chain = compileChain(steps, input);
    if (chains.size >= CHAINS_MAX) chains.delete(chains.keys().next().value!);
    chains.set(key, chain);
  }
  return chain;
}

/** Where a plane goes when its rows are packed into `data`. */
const rasterIn = (data: Uint8Array, { rect, format }: Plane): Raster => ({
  rect,
  format,
  data,
  stride: rect.width * bytesPerPixel(format),
});

/** Histograms of a tile: one a colour channel, then for RGB one of the luma. */
function countLevels(kernels: Kernels, plane: Plane): Uint32Array {
  const { format, rect } = plane;
  const histograms = colourChannels(format) === 1 ? 1 : 4;
  const length = histograms * (format.depth === 8 ? 256 : 65536);
  const mark = kernels.mark();
  const at = kernels.alloc(length * 4);
  kernels.bytes.fill(0, at, at + length * 4);
  const run = format.depth === 8 ? kernels.call.histogram8 : kernels.call.histogram16;
  run(plane.at, plane.stride, rect.width, rect.height, format.channels, at);
  const counts = new Uint32Array(kernels.bytes.slice(at, at + length * 4).buffer);
  kernels.release(mark);
  return counts;
}
