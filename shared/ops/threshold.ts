import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

export const threshold = curveOp({
  name: "threshold",
  title: "Threshold",
  summary: "Leaves only the darkest and the lightest tone of each channel.",
  definition:
    "out = max where in ≥ level, else 0, for each colour channel by itself, the level in 8-bit units; for black and white put grayscale before it.",
  isFine: true,
  params: Type.Object({
    level: Type.Number({
      minimum: 0,
      maximum: 255,
      default: 128,
      title: "Level",
      unit: "level",
      description: "From this level on a sample becomes the lightest.",
    }),
  }),
  curve({ level }, max) {
    const limit = (level * max) / 255;
    return (v) => (v >= limit ? max : 0);
  },
});
