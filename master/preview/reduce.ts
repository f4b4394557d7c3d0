import { bytesPerPixel, hasAlpha, type Rect, type Shape } from "../../shared/geometry.ts";
import type { Kernels } from "../../shared/kernels/kernels.ts";
import { copyRows, type Raster } from "../../shared/raster.ts";

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
export function reduce(kernels: Kernels, target: Raster, source: Raster, shift: number): void {
  const { format, rect } = source;
  const { channels, depth } = format;
  const { width, height } = target.rect;
  kernels.reset();
  const [row, out] = [rect.width * bytesPerPixel(format), width * bytesPerPixel(format)];
  const from = kernels.alloc(row * rect.height);
  const to = kernels.alloc(out * height);
  const sums = kernels.alloc(rect.width * channels * (hasAlpha(format) ? 8 : 4));
  const memory = kernels.bytes;
  copyRows({ data: memory, at: from, stride: row }, { ...source, at: 0 }, row, rect.height);
  const run = depth === 8 ? kernels.call.reduce8 : kernels.call.reduce16;
  run(from, row, rect.width, rect.height, to, out, channels, shift, sums);
  copyRows({ ...target, at: 0 }, { data: memory, at: to, stride: out }, out, height);
}

/** Rows of a reduction that are made at a time, so that a thread reads no more than about so many bytes at once. */
export function rowsAtOnce(width: number, base: Shape, shift: number, bytesMax = 4 << 20): number {
  const row = width * 2 ** shift * bytesPerPixel(base) * 2 ** shift;
  return Math.max(1, Math.floor(bytesMax / row));
}
