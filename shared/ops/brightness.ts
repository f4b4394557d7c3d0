import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

export const brightness = curveOp({
  name: "brightness",
  title: "Brightness",
  summary: "Makes every tone lighter or darker by the same amount.",
  definition: "out = in + amount for each colour channel, the amount in 8-bit units.",
  params: Type.Object({
    amount: Type.Number({
      minimum: -255,
      maximum: 255,
      default: 30,
      title: "Amount",
      unit: "level",
      description: "Above 0 is lighter, below 0 darker.",
    }),
  }),
  curve({ amount }, max) {
    const offset = (amount * max) / 255;
    return (v) => v + offset;
  },
});
