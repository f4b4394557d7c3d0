import { Type } from "@sinclair/typebox";
import { bytesPerPixel, grow } from "../geometry.ts";
import { areaOp } from "./op.ts";

export const median = areaOp({
  name: "median",
  title: "Median",
  summary: "Removes specks and noise, and keeps edges sharp.",
  definition:
    "out = the median of the (2r + 1)² samples around, channel by channel. Source: T. Huang, G. Yang and G. Tang, A fast two-dimensional median filtering algorithm, IEEE TASSP 27 (1979); computed by networks of comparators.",
  isFine: true,
  params: Type.Object({
    radius: Type.Integer({
      minimum: 1,
      maximum: 3,
      default: 1,
      title: "Radius",
      unit: "px",
      description: "1 looks at 3 × 3 pixels, 2 at 5 × 5, 3 at 7 × 7.",
    }),
  }),
  extend: "edge",
  alpha: "filter",
  window: (out, _input, { radius }) => grow(out, radius),
  taps: ({ radius }) => 2 * (2 * radius + 1) ** 2,
  compute({ kernels, source, target, params, scratch }) {
    const { width, height } = target.rect;
    const { channels, depth } = source.format;
    const pitch = (source.rect.width * bytesPerPixel(source.format) + 47) & ~15;
    const lines = scratch(pitch * (2 * params.radius + 1));
    const run = depth === 8 ? kernels.call.median8 : kernels.call.median16;
    const { at, stride } = source;
    run(at, stride, target.at, target.stride, width, height, channels, params.radius, lines, pitch);
  },
});
