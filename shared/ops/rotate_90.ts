import { Type } from "@sinclair/typebox";
import { areaOp } from "./op.ts";
import { turn, turnedShape, turnedWindow } from "./rotation.ts";

export const rotate90 = areaOp({
  name: "rotate_90",
  title: "Rotate by 90°",
  summary: "Turns the picture a quarter to the right.",
  definition: "out(x, y) = in(y, height − 1 − x). No sample changes.",
  params: Type.Object({}),
  extend: "none",
  alpha: "move",
  output: (input) => turnedShape(input, 90),
  window: (out, input) => turnedWindow(out, input, 90),
  compute: (job) => turn(job, 90),
});
