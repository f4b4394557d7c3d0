import { Type } from "@sinclair/typebox";
import { matrixOp } from "./op.ts";

export const sepia = matrixOp({
  name: "sepia",
  title: "Sepia",
  summary: "Gives the brown tone of an old photograph.",
  definition:
    "The matrix of sepia() between the original (0) and full sepia (1). Source: W3C Filter Effects Module Level 1, section 13.1.2.",
  gray: false,
  params: Type.Object({
    amount: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 1,
      title: "Amount",
      unit: "",
      description: "0 leaves the picture as it is, 1 is full sepia.",
    }),
  }),
  matrix({ amount }) {
    const s = 1 - amount;
    return [
      ...[0.393 + 0.607 * s, 0.769 - 0.769 * s, 0.189 - 0.189 * s, 0],
      ...[0.349 - 0.349 * s, 0.686 + 0.314 * s, 0.168 - 0.168 * s, 0],
      ...[0.272 - 0.272 * s, 0.534 - 0.534 * s, 0.131 + 0.869 * s, 0],
    ];
  },
});
