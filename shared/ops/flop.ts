import { Type } from "@sinclair/typebox";
import { bytesPerPixel } from "../geometry.ts";
import { areaOp } from "./op.ts";

export const flop = areaOp({
  name: "flop",
  title: "Flop",
  summary: "Mirrors the picture left to right.",
  definition: "out(x, y) = in(width − 1 − x, y). No sample changes.",
  params: Type.Object({}),
  extend: "none",
  alpha: "move",
  window: (out, input) => ({ ...out, x: input.width - out.x - out.width }),
  compute({ kernels, source, target }) {
    const { width, height } = target.rect;
    const pixel = bytesPerPixel(target.format);
    const last = source.at + (width - 1) * pixel;
    kernels.call.move(last, -pixel, source.stride, target.at, target.stride, width, height, pixel);
  },
});
