import {
  bytesPerPixel,
  colourChannels,
  type PixelFormat,
  type Rect,
  type Size,
  sampleMax,
  wholeOf,
} from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { compileChain, runChain, unload, windowOf } from "../../shared/ops/chain.ts";
import type { Statistics, Step } from "../../shared/ops/op.ts";
import { opNamed } from "../../shared/ops/registry.ts";
import { createRaster, type Raster, viewOf } from "../../shared/raster.ts";

const kernels = loadKernels();

/** A whole image of the given samples (row by row, channels interleaved), its corner at 0, 0. */
export function imageOf(size: Size, format: PixelFormat, samples: ArrayLike<number>): Raster {
  const image = createRaster(wholeOf(size), format);
  const values = format.depth === 8 ? image.data : new Uint16Array(image.data.buffer);
  values.set(samples);
  return image;
}

/** The samples of a raster whose rows are packed. */
export const samplesOf = (image: Raster): number[] =>
  Array.from(image.format.depth === 8 ? image.data : new Uint16Array(image.data.buffer));

/** The reference: each step by itself over its whole image, one after another. Statistics steps are resolved. */
export function whole(steps: readonly Step[], image: Raster): Raster {
  let current = image;
  for (const step of resolved(steps, image)) current = runWhole(step, current);
  return current;
}

/** The steps with the statistics ops replaced by what they give for `image`. */
function resolved(steps: readonly Step[], image: Raster): Step[] {
  const plain: Step[] = [];
  let current = image;
  for (const step of steps) {
    const op = opNamed(step.op);
    const now = op.kind === "statistics" ? op.resolve(statisticsOf(current), step as never) : [step];
    for (const each of now) current = runWhole(each, current);
    plain.push(...now);
  }
  return plain;
}

function runWhole(step: Step, image: Raster): Raster {
  const chain = compileChain([step], { ...image.rect, ...image.format });
  const out = createRaster(wholeOf(chain.output), chain.output);
  unload(kernels, runChain(kernels, chain, out.rect, image), out);
  return out;
}

/** The tiles of `size`, `side` × `side` pixels as far as they go, row by row. */
export function* tilesOf(size: Size, side: number): Generator<Rect> {
  for (let y = 0; y < size.height; y += side)
    for (let x = 0; x < size.width; x += side)
      yield { x, y, width: Math.min(side, size.width - x), height: Math.min(side, size.height - y) };
}

/** The steps (none of them a statistics op) as one chain, tile by tile: a tile sees its own window and no more. */
function tiled(steps: readonly Step[], image: Raster, side: number): Raster {
  const chain = compileChain(steps, { ...image.rect, ...image.format });
  const out = createRaster(wholeOf(chain.output), chain.output);
  for (const tile of tilesOf(chain.output, side)) {
    const window = copyOf(viewOf(image, windowOf(chain, tile)));
    unload(kernels, runChain(kernels, chain, tile, window), viewOf(out, tile));
  }
  return out;
}

/** A raster of its own with nothing behind its last byte, so that a read beyond the window cannot succeed. */
function copyOf(view: Raster): Raster {
  const own = createRaster(view.rect, view.format);
  const bytes = view.rect.width * bytesPerPixel(view.format);
  for (let y = 0; y < view.rect.height; y++)
    own.data.set(view.data.subarray(y * view.stride, y * view.stride + bytes), y * own.stride);
  return own;
}

/** How many bytes of the tiled result differ from the reference; all of them if the shapes do. */
export function differingBytes(steps: readonly Step[], image: Raster, side: number): number {
  const plain = resolved(steps, image);
  const expected = whole(plain, image);
  const actual = tiled(plain, image, side);
  if (expected.data.length !== actual.data.length) return expected.data.length;
  let differing = 0;
  expected.data.forEach((byte, i) => {
    if (byte !== actual.data[i]) differing++;
  });
  return differing;
}

/** The figures of a whole image, by the kernel that counts tiles. */
function statisticsOf(image: Raster): Statistics {
  const { format, rect } = image;
  const channels = colourChannels(format);
  const bins = sampleMax(format.depth) + 1;
  const planes = channels === 3 ? 4 : 1;
  kernels.reset();
  const counts = kernels.alloc(planes * bins * 4);
  const at = kernels.alloc(image.data.length);
  kernels.bytes.fill(0, counts, counts + planes * bins * 4);
  kernels.bytes.set(image.data, at);
  const histogram = format.depth === 8 ? kernels.call.histogram8 : kernels.call.histogram16;
  histogram(at, image.stride, rect.width, rect.height, format.channels, counts);
  const all = new Uint32Array(kernels.bytes.buffer, counts, planes * bins);
  const histograms = Array.from({ length: planes }, (_, i) =>
    Float64Array.from(all.subarray(i * bins, (i + 1) * bins)),
  );
  return { depth: format.depth, channels, histograms, luma: histograms.at(-1)! };
}
