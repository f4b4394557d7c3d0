import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

export const posterize = curveOp({
  name: "posterize",
  title: "Posterize",
  summary: "Leaves only a few tones in each channel.",
  definition: "n ranges of equal width: out = max · ⌊n · in / (max + 1)⌋ / (n − 1).",
  isFine: true,
  params: Type.Object({
    levels: Type.Integer({
      minimum: 2,
      maximum: 256,
      default: 4,
      title: "Tones",
      unit: "",
      description: "How many tones each colour channel keeps.",
    }),
  }),
  curve:
    ({ levels }, max) =>
    (v) =>
      (max * Math.floor((levels * v) / (max + 1))) / (levels - 1),
});
