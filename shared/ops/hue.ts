import { Type } from "@sinclair/typebox";
import { matrixOp } from "./op.ts";

const LUMA = [0.213, 0.715, 0.072];
const COSINE = [0.787, -0.715, -0.072, -0.213, 0.285, -0.072, -0.213, -0.715, 0.928];
const SINE = [-0.213, -0.715, 0.928, 0.143, 0.14, -0.283, -0.787, 0.715, 0.072];

export const hue = matrixOp({
  name: "hue",
  title: "Hue",
  summary: "Turns every colour around the colour wheel; the brightness stays.",
  definition:
    "A rotation about the gray axis that keeps the luma. Source: W3C Filter Effects Module Level 1, feColorMatrix type hueRotate.",
  gray: false,
  params: Type.Object({
    angle: Type.Number({
      minimum: -360,
      maximum: 360,
      default: 90,
      title: "Angle",
      unit: "°",
      description: "How far the colours are turned: red goes towards green, green towards blue.",
    }),
  }),
  matrix({ angle }) {
    const radians = (angle * Math.PI) / 180;
    const cos = Math.cos(radians);
    const sin = Math.sin(radians);
    return [0, 1, 2].flatMap((row) => [
      ...LUMA.map((luma, column) => luma + cos * COSINE[row * 3 + column]! + sin * SINE[row * 3 + column]!),
      0,
    ]);
  },
});
