import { bytesPerPixel, type PixelFormat } from "../geometry.ts";
import type { Compute, Step } from "./op.ts";

/** A square kernel: odd × odd weights, row by row, as they lie over the picture (not flipped). */
export interface Kernel {
  readonly weights: readonly number[];
  readonly divisor: number;
  /** Added at the end, in 8-bit levels; premultiplied colour gets its alpha's share of it. */
  readonly offset: number;
}

/** The side of a kernel of so many weights. */
export const sideOf = (kernel: { readonly weights: { readonly length: number } }): number =>
  Math.round(Math.sqrt(kernel.weights.length));

type Job = Pick<Compute<unknown>, "kernels" | "source" | "target" | "scratch">;

/**
 * out = round(Σ weight · in / divisor + offset), saturating; halves go up. Whole-number kernels whose sums cannot
 * overflow are summed in integers (16 bits for 8-bit images, 32 bits for 16), others in f32, row by row. While f32
 * holds the sums exactly, both give the same pixels.
 */
export function convolution(job: Job, kernel: Kernel): void {
  const { kernels, source, target, scratch } = job;
  const { call } = kernels;
  const { width, height } = target.rect;
  const { channels, depth } = target.format;
  const bytes = bytesPerPixel(source.format);
  const side = sideOf(kernel);
  const radius = side >> 1;
  const centre = source.at + radius * (source.stride + bytes);
  const samples = width * channels;
  const { divisor } = kernel;
  const offset = depth === 8 ? kernel.offset : kernel.offset * 257;
  const whole = fitsIntegers(kernel, depth);
  const plain = whole && divisor === 1 && offset === 0;

  if (depth === 8 && whole && side === 3) {
    const at = put(scratch, kernels, Int16Array.from(kernel.weights));
    const exact = divisor === 1 && Number.isInteger(offset);
    const { at: to, stride } = target;
    call.convolve3x8(
      centre,
      source.stride,
      to,
      stride,
      samples,
      height,
      channels,
      at,
      exact,
      divisor,
      offset,
    );
    return;
  }
  const { table, count } = tapsOf(kernel, source.stride, source.format, whole);
  const taps = put(scratch, kernels, table);
  const from = [centre, source.stride, target.at, target.stride, samples, height] as const;
  if (depth === 8) (whole ? call.convolve8 : call.convolve8f)(...from, taps, count, divisor, offset);
  else if (whole) call.convolve16(...from, channels, taps, count, plain, divisor, offset);
  else call.convolve16f(...from, channels, taps, count, divisor, offset);
}

/** Whether every sum of samples and weights, and what is added to it, stays within 16 (32) bits. */
function fitsIntegers({ weights, offset }: Kernel, depth: 8 | 16): boolean {
  if (!weights.every(Number.isInteger)) return false;
  const reach = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  return depth === 8 ? reach * 255 + Math.ceil(Math.abs(offset)) <= 32767 : reach * 65535 < 2 ** 31;
}

/** Pairs of a byte offset from the centre and a weight, without the zeros. */
function tapsOf(kernel: Kernel, stride: number, format: PixelFormat, whole: boolean) {
  const side = sideOf(kernel);
  const radius = side >> 1;
  const taps = kernel.weights.flatMap((weight, i) => {
    const down = Math.floor(i / side) - radius;
    const across = (i % side) - radius;
    return weight === 0 ? [] : [{ offset: down * stride + across * bytesPerPixel(format), weight }];
  });
  const table = new DataView(new ArrayBuffer(taps.length * 8));
  taps.forEach(({ offset, weight }, i) => {
    table.setInt32(i * 8, offset, true);
    if (whole) table.setInt32(i * 8 + 4, weight, true);
    else table.setFloat32(i * 8 + 4, weight, true);
  });
  return { table, count: taps.length };
}

function put(scratch: Job["scratch"], kernels: Job["kernels"], data: ArrayBufferView<ArrayBuffer>): number {
  const at = scratch(data.byteLength);
  kernels.bytes.set(new Uint8Array(data.buffer), at);
  return at;
}

/**
 * What a kernel comes to on an image that is reduced to `factor` of its size. Of a picture that is smooth enough to be
 * seen there it takes first and second differences, and those of neighbours that lie 1 / factor pixels apart are so many
 * times, and the square of it, larger: the odd part of the kernel is weakened by the factor, the even one by its square.
 */
function reducedKernel(weights: readonly number[], factor: number): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const last = weights.length - 1;
  return weights.map((weight, i) => {
    const opposite = weights[last - i]!;
    const middle = 2 * i === last ? sum : 0;
    return middle + (factor * (weight - opposite)) / 2 + factor ** 2 * ((weight + opposite) / 2 - middle);
  });
}

/** A convolution by that, as a step. */
export const convolved = (weights: readonly number[], factor: number, divisor = 1, offset = 0): Step => ({
  ...{ op: "convolve", kernel: reducedKernel(weights, factor), divisor, offset },
});
