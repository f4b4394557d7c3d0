import { bytesPerPixel, colourChannels, hasAlpha, type Rect, type Shape } from "../../shared/geometry.ts";
import type { Raster } from "../../shared/raster.ts";

/** An image's shape at 1/2^shift of its size; a part of a pixel at its right or bottom edge becomes a whole one. */
export const reducedShape = (shape: Shape, shift: number): Shape => ({
  ...shape,
  width: Math.ceil(shape.width / 2 ** shift),
  height: Math.ceil(shape.height / 2 ** shift),
});

/** What of an image of `size` the rectangle `rect` of its reduction is made of. */
export function enlarged({ x, y, width, height }: Rect, shift: number, size: Shape): Rect {
  const scale = 2 ** shift;
  const [left, top] = [x * scale, y * scale];
  return {
    x: left,
    y: top,
    width: Math.max(0, Math.min((x + width) * scale, size.width) - left),
    height: Math.max(0, Math.min((y + height) * scale, size.height) - top),
  };
}

/** Every pixel of the reduction that `rect` of the image has a part in. */
export function reduced({ x, y, width, height }: Rect, shift: number): Rect {
  const scale = 2 ** shift;
  const [left, top] = [Math.floor(x / scale), Math.floor(y / scale)];
  return {
    x: left,
    y: top,
    width: Math.ceil((x + width) / scale) - left,
    height: Math.ceil((y + height) / scale) - top,
  };
}

/**
 * Fills `target`, a part of an image's reduction, with the means over squares of 2^shift pixels of `source`, which covers
 * what `enlarged` gives for it. Colour counts by its alpha.
 */
export function reduce(target: Raster, source: Raster, shift: number): void {
  const { format } = source;
  const from = format.depth === 8 ? source.data : samples(source.data);
  const to = format.depth === 8 ? target.data : samples(target.data);
  const sample = format.depth >> 3;
  const { channels } = format;
  const alpha = hasAlpha(format);
  const sums = new Float64Array(target.rect.width * channels);
  for (let y = 0; y < target.rect.height; y++) {
    const first = (target.rect.y + y) * 2 ** shift - source.rect.y;
    const rows = Math.min(2 ** shift, source.rect.height - first);
    sums.fill(0);
    for (let row = first; row < first + rows; row++) {
      const at = (row * source.stride) / sample;
      if (alpha) addWithAlpha(sums, from, at, source.rect.width, shift, channels);
      else if (channels === 3) addColour(sums, from, at, source.rect.width, shift);
      else addGray(sums, from, at, source.rect.width, shift);
    }
    const out = (y * target.stride) / sample;
    const columns = (x: number) => Math.min(2 ** shift, source.rect.width - x * 2 ** shift);
    for (let x = 0; x < target.rect.width; x++) {
      const count = rows * columns(x);
      const weight = alpha ? sums[x * channels + channels - 1]! : count;
      for (let c = 0; c < colourChannels(format); c++)
        to[out + x * channels + c] = weight === 0 ? 0 : sums[x * channels + c]! / weight + 0.5;
      if (alpha) to[out + (x + 1) * channels - 1] = weight / count + 0.5;
    }
  }
}

type Samples = Uint8Array | Uint16Array;

const samples = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array =>
  new Uint16Array(buffer as ArrayBuffer, byteOffset, byteLength >> 1);

// One loop each, because each must be a simple one to be quick.
function addGray(sums: Float64Array, from: Samples, at: number, width: number, shift: number): void {
  for (let x = 0; x < width; x++) {
    const to = x >> shift;
    sums[to] = sums[to]! + from[at + x]!;
  }
}

function addColour(sums: Float64Array, from: Samples, at: number, width: number, shift: number): void {
  for (let x = 0, i = at; x < width; x++, i += 3) {
    const to = (x >> shift) * 3;
    sums[to] = sums[to]! + from[i]!;
    sums[to + 1] = sums[to + 1]! + from[i + 1]!;
    sums[to + 2] = sums[to + 2]! + from[i + 2]!;
  }
}

function addWithAlpha(
  sums: Float64Array,
  from: Samples,
  at: number,
  width: number,
  shift: number,
  channels: number,
): void {
  for (let x = 0, i = at; x < width; x++, i += channels) {
    const to = (x >> shift) * channels;
    const alpha = from[i + channels - 1]!;
    for (let c = 0; c < channels - 1; c++) sums[to + c] = sums[to + c]! + from[i + c]! * alpha;
    sums[to + channels - 1] = sums[to + channels - 1]! + alpha;
  }
}

/** Rows of a reduction that are made at a time, so that a thread reads no more than about so many bytes at once. */
export function rowsAtOnce(width: number, base: Shape, shift: number, bytesMax = 4 << 20): number {
  const row = width * 2 ** shift * bytesPerPixel(base) * 2 ** shift;
  return Math.max(1, Math.floor(bytesMax / row));
}
