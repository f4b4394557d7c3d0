import { Type } from "@sinclair/typebox";
import { bytesPerPixel, intersect, wholeOf } from "../geometry.ts";
import { areaOp } from "./op.ts";

const side = (title: string, description: string, minimum: number) =>
  Type.Integer({ minimum, maximum: 1_000_000, default: minimum, title, unit: "px", description });

/** The rectangle that is kept: what was asked for as far as it lies in the image, at least one pixel. */
function kept(
  input: { width: number; height: number },
  p: { x: number; y: number; width: number; height: number },
) {
  const x = Math.min(p.x, input.width - 1);
  const y = Math.min(p.y, input.height - 1);
  return intersect({ x, y, width: p.width, height: p.height }, wholeOf(input));
}

export const crop = areaOp({
  name: "crop",
  title: "Crop",
  summary: "Keeps a rectangle and drops the rest.",
  definition:
    "out(x, y) = in(x + left, y + top); a rectangle that reaches beyond the image is cut at its edge, one that lies outside is moved to it.",
  params: Type.Object({
    x: side("Left", "First column that is kept.", 0),
    y: side("Top", "First row that is kept.", 0),
    width: side("Width", "Columns that are kept.", 1),
    height: side("Height", "Rows that are kept.", 1),
  }),
  extend: "none",
  alpha: "move",
  output(input, params) {
    const { width, height } = kept(input, params);
    return { ...input, width, height };
  },
  window(out, input, params) {
    const from = kept(input, params);
    return { ...out, x: out.x + from.x, y: out.y + from.y };
  },
  compute({ kernels, source, target }) {
    const bytes = target.rect.width * bytesPerPixel(target.format);
    kernels.call.copy(source.at, source.stride, target.at, target.stride, bytes, target.rect.height);
  },
});
