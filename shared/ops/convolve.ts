import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { convolution, convolved, sideOf } from "./convolution.ts";
import { areaOp } from "./op.ts";

const weight = Type.Number({ minimum: -1000, maximum: 1000 });
const square = (count: number) => Type.Array(weight, { minItems: count, maxItems: count });

/** What the sum is divided by if nobody says: the sum of the weights, so that even areas stay; 1 if that is 0. */
function divisorOf(kernel: readonly number[], asked: number | undefined): number {
  if (asked !== undefined && asked !== 0) return asked;
  return kernel.reduce((sum, w) => sum + w, 0) || 1;
}

export const convolve = areaOp({
  name: "convolve",
  title: "Convolve",
  summary: "Applies a kernel of your own, 3 × 3, 5 × 5 or 7 × 7.",
  definition:
    "out = round(Σ kernel · in / divisor + offset), saturating, halves up; the kernel lies over the picture as it is written (correlation). Source: R. Szeliski, Computer Vision: Algorithms and Applications, 2nd ed., section 3.2.",
  isFine: true,
  params: Type.Object({
    kernel: Type.Union([square(9), square(25), square(49)], {
      default: [0, -1, 0, -1, 5, -1, 0, -1, 0],
      title: "Kernel",
      description: "9, 25 or 49 weights, row by row from the top left.",
    }),
    divisor: Type.Number({
      minimum: -1_000_000,
      maximum: 1_000_000,
      default: 0,
      title: "Divisor",
      description: "The sum is divided by this; 0 takes the sum of the weights, or 1 if they sum to 0.",
    }),
    offset: Type.Number({
      minimum: -255,
      maximum: 255,
      default: 0,
      title: "Offset",
      unit: "level",
      description: "Added at the end, in levels of 255.",
    }),
  }),
  extend: "edge",
  alpha: "keep",
  window: (out, _input, { kernel }) => grow(out, sideOf({ weights: kernel }) >> 1),
  taps: ({ kernel }) => 2 * kernel.length,
  compute: (job) => {
    const { kernel, divisor, offset } = job.params;
    convolution(job, { weights: kernel, divisor: divisorOf(kernel, divisor), offset });
  },
  reduced: ({ kernel, divisor, offset }, factor) =>
    convolved(kernel, factor, divisorOf(kernel, divisor), offset),
});
