import { Type } from "@sinclair/typebox";
import { colourChannels, hasAlpha } from "../geometry.ts";
import { areaOp } from "./op.ts";

export const grayscale = areaOp({
  name: "grayscale",
  title: "Grayscale",
  summary: "Keeps the brightness and drops the colour.",
  definition:
    "Y = 0.299 R + 0.587 G + 0.114 B on gamma-encoded samples. Source: ITU-R BT.601-7, section 2.5.1.",
  params: Type.Object({}),
  extend: "none",
  alpha: "move",
  output: (input) => ({ ...input, channels: hasAlpha(input) ? 2 : 1 }),
  window: (out) => out,
  compute({ kernels, source, target }) {
    const { width, height } = target.rect;
    const { call } = kernels;
    const bytes = source.format.depth >> 3;
    if (colourChannels(source.format) === 1)
      call.copy(
        source.at,
        source.stride,
        target.at,
        target.stride,
        width * source.format.channels * bytes,
        height,
      );
    else {
      const luma = bytes === 1 ? call.luma8 : call.luma16;
      luma(source.at, source.stride, target.at, target.stride, width, height, source.format.channels);
    }
  },
});
