import { Type } from "@sinclair/typebox";
import { matrixOp } from "./op.ts";

export const saturation = matrixOp({
  name: "saturation",
  title: "Saturation",
  summary: "Makes colours stronger or paler; the brightness stays.",
  definition:
    "out = luma + amount · (in − luma), luma = 0.213 R + 0.715 G + 0.072 B. Source: W3C Filter Effects Module Level 1, feColorMatrix type saturate.",
  gray: false,
  params: Type.Object({
    amount: Type.Number({
      minimum: 0,
      maximum: 10,
      default: 1.5,
      title: "Amount",
      unit: "×",
      description: "Above 1 is more colourful, below 1 paler, 0 gray.",
    }),
  }),
  matrix({ amount }) {
    const luma = [0.213, 0.715, 0.072];
    return [0, 1, 2].flatMap((row) => [
      ...luma.map((weight, column) => weight * (1 - amount) + (row === column ? amount : 0)),
      0,
    ]);
  },
});
