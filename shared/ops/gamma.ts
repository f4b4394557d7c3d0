import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

export const gamma = curveOp({
  name: "gamma",
  title: "Gamma",
  summary: "Lightens or darkens the middle tones; black and white stay.",
  definition: "out = max · (in / max)^(1 / gamma). Source: C. Poynton, Digital Video and HD.",
  params: Type.Object({
    gamma: Type.Number({
      minimum: 0.1,
      maximum: 10,
      default: 2.2,
      title: "Gamma",
      unit: "",
      description: "Above 1 lightens the middle tones, below 1 darkens them.",
    }),
  }),
  curve({ gamma }, max) {
    const power = 1 / gamma;
    return (v) => max * (v / max) ** power;
  },
});
