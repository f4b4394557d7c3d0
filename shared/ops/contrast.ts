import { Type } from "@sinclair/typebox";
import { sampleMax } from "../geometry.ts";
import { statisticsOp } from "./op.ts";
import { contrastFactor } from "./params.ts";

export const contrast = statisticsOp({
  name: "contrast",
  title: "Contrast",
  summary: "Spreads or narrows the tones about the picture's own mean brightness.",
  definition: "out = mean + factor · (in − mean), mean = the mean BT.601 luma of the whole image.",
  params: Type.Object({
    factor: contrastFactor(),
  }),
  resolve({ luma, depth }, { factor }) {
    let count = 0;
    let sum = 0;
    luma.forEach((n, level) => {
      count += n;
      sum += n * level;
    });
    const pivot = count === 0 ? 128 : ((sum / count) * 255) / sampleMax(depth);
    return [{ op: "contrast_linear", factor, pivot }];
  },
});
