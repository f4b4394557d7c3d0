import { Type } from "@sinclair/typebox";
import { bytesPerPixel } from "../geometry.ts";
import { areaOp } from "./op.ts";

export const pixelate = areaOp({
  name: "pixelate",
  title: "Pixelate",
  summary: "Turns the picture into coarse blocks of one colour each.",
  definition:
    "out = the mean of the size × size block that the pixel lies in, rounded half up; blocks are counted from the picture's top left corner and cut at its edges.",
  params: Type.Object({
    size: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: 10,
      title: "Block size",
      unit: "px",
      description: "Width and height of a block.",
    }),
  }),
  extend: "none",
  alpha: "filter",
  window(out, _input, { size }) {
    const x = down(out.x, size);
    const y = down(out.y, size);
    const right = up(out.x + out.width, size);
    const bottom = up(out.y + out.height, size);
    return { x, y, width: right - x, height: bottom - y };
  },
  compute({ kernels, source, target, params, scratch }) {
    const { width, height } = source.rect;
    const { channels, depth } = source.format;
    const row = width * bytesPerPixel(source.format);
    const sums = scratch(2 * row);
    const line = scratch(row);
    const left = target.rect.x - source.rect.x;
    const top = target.rect.y - source.rect.y;
    const run = depth === 8 ? kernels.call.pixelate8 : kernels.call.pixelate16;
    const to = [target.at, target.stride, left, top, target.rect.width, target.rect.height] as const;
    run(source.at, source.stride, width, height, ...to, channels, params.size, sums, line);
  },
});

const down = (v: number, size: number): number => Math.floor(v / size) * size;
const up = (v: number, size: number): number => Math.ceil(v / size) * size;
