import { Type } from "@sinclair/typebox";
import { areaOp } from "./op.ts";
import { turn, turnedShape, turnedWindow } from "./rotation.ts";

export const rotate = areaOp({
  name: "rotate",
  title: "Rotate",
  summary: "Turns the picture clockwise by a quarter, a half or three quarters.",
  definition:
    "By 90°: out(x, y) = in(y, height − 1 − x); 180° and 270° are that twice and three times. No sample changes.",
  params: Type.Object({
    angle: Type.Union([Type.Literal(90), Type.Literal(180), Type.Literal(270)], {
      default: 90,
      title: "Angle",
      unit: "°",
      description: "How far the picture is turned, clockwise.",
    }),
  }),
  extend: "none",
  alpha: "move",
  output: (input, { angle }) => turnedShape(input, angle),
  window: (out, input, { angle }) => turnedWindow(out, input, angle),
  compute: (job) => turn(job, job.params.angle),
});
