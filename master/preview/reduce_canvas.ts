import { bytesPerPixel, type Rect, type Shape } from "../../shared/geometry.ts";
import { type Kernels, loadKernels } from "../../shared/kernels/kernels.ts";
import type { Raster } from "../../shared/raster.ts";
import { Canvas } from "../canvas/canvas.ts";
import { enlarged, reduce, reducedShape, rowsAtOnce } from "./reduce.ts";

/** What a thread is asked for: a rectangle of a canvas' reduction. */
export interface ReduceTask {
  readonly path: string;
  readonly shape: Shape;
  readonly shift: number;
  readonly rect: Rect;
  /** Where it goes: memory that threads share, its rows packed, or its place in a canvas that holds the whole reduction. */
  readonly to: Uint8Array | string;
}

let kernels: Kernels | undefined;

/** Each thread has its own kernels. */
export function reduceCanvas({ path, shape, shift, rect, to }: ReduceTask): void {
  const stride = rect.width * bytesPerPixel(shape);
  const source = Canvas.open(path, shape);
  try {
    if (typeof to !== "string") {
      read(source, shift, { rect, format: shape, data: to, stride });
      return;
    }
    const target = Canvas.open(to, reducedShape(shape, shift), true);
    try {
      const raster = { rect, format: shape, data: new Uint8Array(stride * rect.height), stride };
      read(source, shift, raster);
      target.write(raster);
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

function read(source: Canvas, shift: number, target: Raster): void {
  if (shift === 0) {
    source.read(target);
    return;
  }
  const { rect, format, stride } = target;
  const rows = Math.min(rect.height, rowsAtOnce(rect.width, source.shape, shift));
  const held = new Uint8Array(rows * 2 ** shift * rect.width * 2 ** shift * bytesPerPixel(format));
  for (let y = 0; y < rect.height; y += rows) {
    const part = { ...rect, y: rect.y + y, height: Math.min(rows, rect.height - y) };
    const from = enlarged(part, shift, source.shape);
    const raster = { rect: from, format, data: held, stride: from.width * bytesPerPixel(format) };
    source.read(raster);
    kernels ??= loadKernels();
    reduce(kernels, { rect: part, format, data: target.data.subarray(y * stride), stride }, raster, shift);
  }
}
