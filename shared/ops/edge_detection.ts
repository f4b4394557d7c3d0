import { Type } from "@sinclair/typebox";
import { grow, hasAlpha } from "../geometry.ts";
import { areaOp } from "./op.ts";

export const edgeDetection = areaOp({
  name: "edge_detection",
  title: "Edge detection",
  summary: "Draws the edges of the picture in gray: the steeper, the brighter.",
  definition:
    "√(gx² + gy²) of the BT.601 luma, rounded and saturating, with Sobel's 3 × 3 operators (1 2 1 across −1 0 1). Source: R. Duda and P. Hart, Pattern Classification and Scene Analysis, 1973, p. 271.",
  isFine: true,
  params: Type.Object({}),
  extend: "edge",
  alpha: "keep",
  output: (input) => ({ ...input, channels: hasAlpha(input) ? 2 : 1 }),
  window: (out) => grow(out, 1),
  compute({ kernels, source, target, scratch }) {
    const { width, height } = target.rect;
    const { channels, depth } = source.format;
    // Three lines of luma; the kernel writes and reads whole vectors.
    const pitch = (width + 2) * (depth === 8 ? 1 : 4) + 64;
    const lines = scratch(3 * pitch);
    const edges = depth === 8 ? kernels.call.edges8 : kernels.call.edges16;
    edges(source.at, source.stride, target.at, target.stride, width, height, channels, lines, pitch);
  },
});
