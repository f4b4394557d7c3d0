import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

export const invert = curveOp({
  name: "invert",
  title: "Invert",
  summary: "Turns the picture into its negative.",
  definition: "out = max − in for each colour channel.",
  params: Type.Object({}),
  curve: (_params, max) => (v) => max - v,
});
