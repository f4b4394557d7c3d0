import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

export const solarize = curveOp({
  name: "solarize",
  title: "Solarize",
  summary: "Inverts the light tones, as a print that saw light while it was developed.",
  definition: "out = max − in where in ≥ threshold, else in; the threshold in 8-bit units.",
  params: Type.Object({
    threshold: Type.Number({
      minimum: 0,
      maximum: 255,
      default: 128,
      title: "Threshold",
      unit: "level",
      description: "Samples from this level on are inverted.",
    }),
  }),
  curve({ threshold }, max) {
    const limit = (threshold * max) / 255;
    return (v) => (v >= limit ? max - v : v);
  },
});
