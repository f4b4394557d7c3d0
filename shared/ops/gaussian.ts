import type { Compute, Plane } from "./op.ts";

/** Weights of a Gaussian cut off at ⌈3σ⌉: [centre, 2·w1, 2·w2, …], summing to 1. */
function gaussianWeights(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: radius + 1 }, (_, i) =>
    Math.exp((-i * i) / (2 * sigma * sigma)),
  );
  let sum = weights[0]!;
  for (let i = 1; i <= radius; i++) sum += 2 * weights[i]!;
  return weights.map((w, i) => (w * (i === 0 ? 1 : 2)) / sum);
}

/** Rounds to Q15 so that the sum stays exactly 1; a centre of 1 itself is the largest that fits. */
function toQ15(weights: Float64Array): Int16Array {
  const rounded = Array.from(weights, (w) => Math.round(w * 32768));
  const rest = 32768 - rounded.reduce((a, b) => a + b, 0);
  rounded[0] = Math.min(32767, rounded[0]! + rest);
  return Int16Array.from(rounded);
}

/** Four lanes a weight; those of a pair are halved again, for the sum of both. */
function toVectors(weights: Float64Array): Float32Array {
  return Float32Array.from({ length: weights.length * 4 }, (_, i) => weights[i >> 2]! * (i < 4 ? 1 : 0.5));
}

/** Blurs the job's source (which has a margin of ⌈3σ⌉ around `target`) into `target`. */
export function gaussian(
  job: Pick<Compute<unknown>, "kernels" | "source" | "scratch">,
  sigma: number,
  target: Plane,
): void {
  const { kernels, source, scratch } = job;
  const weights = gaussianWeights(sigma);
  const radius = weights.length - 1;
  const deep = source.format.depth === 16;
  const table = deep ? toVectors(weights) : toQ15(weights);
  const at = scratch(table.byteLength);
  const row = (source.rect.width * source.format.channels * (deep ? 4 : 2) + 63) & ~63;
  // gauss8 keeps a block of widened rows too: what a target row needs, and 32 at a time.
  const line = scratch(deep ? row : row * (1 + 2 * radius + 32));
  kernels.bytes.set(new Uint8Array(table.buffer), at);
  const run = deep ? kernels.call.gauss16 : kernels.call.gauss8;
  const { width, height } = target.rect;
  run(
    source.at,
    source.stride,
    target.at,
    target.stride,
    width,
    height,
    source.format.channels,
    at,
    radius,
    line,
  );
}
