import { Type } from "@sinclair/typebox";
import { colourParam, readColour } from "./colour.ts";
import { matrixOp } from "./op.ts";

export const tint = matrixOp({
  name: "tint",
  title: "Tint",
  summary: "Lays one colour over the picture: black stays black, white becomes the colour.",
  definition: "out = (1 − amount) · in + amount · colour · luma(in), with the luma of ITU-R BT.601.",
  gray: false,
  params: Type.Object({
    color: colourParam({
      default: "#ff9a3c",
      title: "Colour",
      description: "The colour, #rrggbb.",
      alpha: false,
    }),
    amount: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.5,
      title: "Amount",
      unit: "",
      description: "0 leaves the picture as it is, 1 leaves no colour but this one.",
    }),
  }),
  matrix({ color, amount }) {
    const luma = [0.299, 0.587, 0.114];
    const [red, green, blue] = readColour(color);
    return [red, green, blue].flatMap((target, row) => [
      ...luma.map((weight, column) => (amount * target * weight) / 255 + (row === column ? 1 - amount : 0)),
      0,
    ]);
  },
});
