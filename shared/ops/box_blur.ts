import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { areaOp } from "./op.ts";
import { squareRadius } from "./params.ts";

export const boxBlur = areaOp({
  name: "box_blur",
  title: "Box blur",
  summary: "Softens the picture by the plain mean of a square around each pixel.",
  definition:
    "out = the mean of the (2r + 1)² pixels around, rounded half up; the edge is repeated outwards. Computed by running sums. Source: M. McDonnell, Box-filtering techniques, CGIP 17 (1981).",
  params: Type.Object({
    radius: squareRadius(100, 3),
  }),
  extend: "edge",
  alpha: "filter",
  window: (out, _input, { radius }) => grow(out, radius),
  compute({ kernels, source, target, params, scratch }) {
    const { width, height } = target.rect;
    const { channels, depth } = source.format;
    const { radius } = params;
    const sums = scratch((width + 2 * radius) * channels * (depth >> 2));
    const { at, stride } = source;
    if (depth === 8)
      kernels.call.box8(at, stride, target.at, target.stride, width, height, channels, radius, sums);
    else {
      const { multiplier, shift } = divider((2 * radius + 1) ** 2);
      const to = [target.at, target.stride, width, height, channels, radius, sums] as const;
      kernels.call.box16(at, stride, ...to, multiplier, shift);
    }
  },
});

/**
 * floor(x / count) = (x · multiplier) >> (32 + shift) for every x up to 65535.5 · count, count the square of an odd
 * number up to 201; a test checks them all. Method: T. Granlund and P. Montgomery, Division by invariant integers
 * using multiplication, PLDI 1994.
 */
export function divider(count: number): { multiplier: number; shift: number } {
  const shift = Math.floor(Math.log2(count));
  const power = 1n << BigInt(32 + shift);
  return { multiplier: Number((power + BigInt(count) - 1n) / BigInt(count)), shift };
}
