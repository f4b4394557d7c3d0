import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";
import { contrastFactor } from "./params.ts";

export const contrastLinear = curveOp({
  name: "contrast_linear",
  title: "Contrast about a fixed level",
  summary: "Spreads or narrows the tones about a level that you choose.",
  definition: "out = pivot + factor · (in − pivot), the pivot in 8-bit units.",
  params: Type.Object({
    factor: contrastFactor(),
    pivot: Type.Number({
      minimum: 0,
      maximum: 255,
      default: 128,
      title: "Pivot",
      unit: "level",
      description: "The level that stays as it is.",
    }),
  }),
  curve({ factor, pivot }, max) {
    const centre = (pivot * max) / 255;
    return (v) => centre + factor * (v - centre);
  },
});
