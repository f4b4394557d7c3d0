import { Type } from "@sinclair/typebox";
import { bytesPerPixel } from "../geometry.ts";
import { areaOp } from "./op.ts";

export const flip = areaOp({
  name: "flip",
  title: "Flip",
  summary: "Mirrors the picture top to bottom.",
  definition: "out(x, y) = in(x, height − 1 − y). No sample changes.",
  params: Type.Object({}),
  extend: "none",
  alpha: "move",
  window: (out, input) => ({ ...out, y: input.height - out.y - out.height }),
  compute({ kernels, source, target }) {
    const { width, height } = target.rect;
    const bytes = width * bytesPerPixel(target.format);
    const lastRow = source.at + (height - 1) * source.stride;
    kernels.call.copy(lastRow, -source.stride, target.at, target.stride, bytes, height);
  },
});
