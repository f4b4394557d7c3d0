/**
 * The neighbourhood ops as one would first write them, for comparison with the kernels: slow, plain, and with the same
 * roundings where a definition has any.
 */
import { type Channels, type Depth, sampleMax } from "../../shared/geometry.ts";

export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly depth: Depth;
  readonly data: ArrayLike<number>;
}

/** A sample; outside the image that of its edge. */
export function at(image: Image, x: number, y: number, channel: number): number {
  const column = Math.min(image.width - 1, Math.max(0, x));
  const row = Math.min(image.height - 1, Math.max(0, y));
  return image.data[(row * image.width + column) * image.channels + channel]!;
}

/** An image of the same size, each sample by a function of its place. */
function map(
  image: Image,
  channels: number,
  of: (x: number, y: number, channel: number) => number,
): number[] {
  const out: number[] = [];
  for (let y = 0; y < image.height; y++)
    for (let x = 0; x < image.width; x++) for (let c = 0; c < channels; c++) out.push(of(x, y, c));
  return out;
}

/** The samples of the square around a place, row by row. */
function square(image: Image, x: number, y: number, channel: number, radius: number): number[] {
  const samples: number[] = [];
  for (let dy = -radius; dy <= radius; dy++)
    for (let dx = -radius; dx <= radius; dx++) samples.push(at(image, x + dx, y + dy, channel));
  return samples;
}

const clamp = (image: Image, v: number): number => Math.min(sampleMax(image.depth), Math.max(0, v));
const f32 = Math.fround;

export interface Kernel {
  readonly weights: readonly number[];
  readonly divisor: number;
  readonly offset: number;
}

/** Sums in f32, tap by tap: exact for whole numbers below 2^24, as all kernels of the tests are unless they say so. */
export function convolve(image: Image, { weights, divisor, offset }: Kernel): number[] {
  const radius = Math.sqrt(weights.length) >> 1;
  const alpha = image.channels % 2 === 0;
  return map(image, image.channels, (x, y, c) => {
    const samples = square(image, x, y, c, radius);
    let sum = 0;
    weights.forEach((weight, i) => {
      if (weight !== 0) sum = f32(sum + f32(samples[i]! * f32(weight)));
    });
    const unit = image.depth === 8 ? 1 : 257;
    const scale = f32(f32(offset * unit) / 65535);
    const share = alpha ? f32(at(image, x, y, image.channels - 1) * scale) : f32(offset * unit);
    return clamp(image, Math.floor(f32(f32(sum / f32(divisor)) + f32(share + 0.5))));
  });
}

function luma(image: Image, x: number, y: number): number {
  if (image.channels < 3) return at(image, x, y, 0);
  const [r, g, b] = [0, 1, 2].map((c) => at(image, x, y, c)) as [number, number, number];
  return Math.floor((19595 * r + 38470 * g + 7471 * b + 32768) / 65536);
}

/** The last of two channels is 0: the engine puts the alpha there. */
export function edges(image: Image): number[] {
  return map(image, image.channels % 2 === 0 ? 2 : 1, (x, y, c) => {
    if (c === 1) return 0;
    const l = (dx: number, dy: number) => luma(image, x + dx, y + dy);
    const gx = l(1, -1) + 2 * l(1, 0) + l(1, 1) - l(-1, -1) - 2 * l(-1, 0) - l(-1, 1);
    const gy = l(-1, 1) + 2 * l(0, 1) + l(1, 1) - l(-1, -1) - 2 * l(0, -1) - l(1, -1);
    return clamp(image, Math.round(Math.sqrt(gx * gx + gy * gy)));
  });
}

export function boxBlur(image: Image, radius: number): number[] {
  const count = (2 * radius + 1) ** 2;
  return map(image, image.channels, (x, y, c) => {
    const sum = square(image, x, y, c, radius).reduce((a, b) => a + b);
    return Math.floor((2 * sum + count) / (2 * count));
  });
}

export const erode = (image: Image, radius: number): number[] =>
  map(image, image.channels, (x, y, c) => Math.min(...square(image, x, y, c, radius)));

export const dilate = (image: Image, radius: number): number[] =>
  map(image, image.channels, (x, y, c) => Math.max(...square(image, x, y, c, radius)));

export const median = (image: Image, radius: number): number[] =>
  map(image, image.channels, (x, y, c) => {
    const sorted = square(image, x, y, c, radius).sort((a, b) => a - b);
    return sorted[sorted.length >> 1]!;
  });

export function pixelate(image: Image, size: number): number[] {
  return map(image, image.channels, (x, y, c) => {
    const [left, top] = [x - (x % size), y - (y % size)];
    let [sum, count] = [0, 0];
    for (let v = top; v < Math.min(top + size, image.height); v++)
      for (let u = left; u < Math.min(left + size, image.width); u++) {
        sum += at(image, u, v, c);
        count++;
      }
    return Math.floor((2 * sum + count) / (2 * count));
  });
}

export function unsharp(
  image: Image,
  blurred: ArrayLike<number>,
  amount: number,
  threshold: number,
): number[] {
  const level = image.depth === 8 ? 1 : 257;
  return Array.from(image.data, (sample, i) => {
    const difference = sample - blurred[i]!;
    const more = Math.abs(difference) > f32(threshold * level) ? f32(difference * f32(amount)) : 0;
    return clamp(image, Math.floor(f32(f32(sample + 0.5) + more)));
  });
}

/** The real-valued Gaussian, cut off at ⌈3σ⌉. */
export function gaussian(image: Image, sigma: number): number[] {
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b);
  const rows = {
    ...image,
    data: map(image, image.channels, (x, y, c) => fold((i) => at(image, x, y + i, c))),
  };
  return map(image, image.channels, (x, y, c) => fold((i) => at(rows, x + i, y, c)));

  function fold(sample: (offset: number) => number): number {
    return weights.reduce((total, weight, i) => total + (weight / sum) * sample(i - radius), 0);
  }
}

export interface Bilateral {
  readonly radius: number;
  readonly sigma_space: number;
  readonly sigma_range: number;
}

/** In f64 with the real exponential. */
export function bilateral(image: Image, { radius, sigma_space, sigma_range }: Bilateral): number[] {
  const range = sigma_range * (image.depth === 8 ? 1 : 257);
  return map(image, image.channels, (x, y, channel) => {
    let [sum, total] = [0, 0];
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) {
        let distance = 0;
        for (let c = 0; c < image.channels; c++)
          distance += (at(image, x + dx, y + dy, c) - at(image, x, y, c)) ** 2;
        const weight = Math.exp(-(dx * dx + dy * dy) / (2 * sigma_space ** 2) - distance / (2 * range ** 2));
        sum += weight * at(image, x + dx, y + dy, channel);
        total += weight;
      }
    return sum / total;
  });
}
