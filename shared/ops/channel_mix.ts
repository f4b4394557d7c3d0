import { Type } from "@sinclair/typebox";
import { matrixOp } from "./op.ts";

const row = (index: number, title: string) =>
  Type.Array(Type.Number({ minimum: -10, maximum: 10 }), {
    minItems: 3,
    maxItems: 3,
    default: [0, 1, 2].map((column) => (column === index ? 1 : 0)),
    title,
    unit: "",
    description: "How much of the old red, green and blue the new channel gets; each −10 to 10.",
  });

export const channelMix = matrixOp({
  name: "channel_mix",
  title: "Channel mixer",
  summary: "Makes each colour channel anew out of red, green and blue.",
  definition: "out = M · (red, green, blue) + offset, the rows of M being red, green and blue.",
  gray: false,
  params: Type.Object({
    red: row(0, "New red"),
    green: row(1, "New green"),
    blue: row(2, "New blue"),
    offset: Type.Array(Type.Number({ minimum: -255, maximum: 255 }), {
      minItems: 3,
      maxItems: 3,
      default: [0, 0, 0],
      title: "Offset",
      unit: "level",
      description: "What is added to red, green and blue; each −255 to 255.",
    }),
  }),
  matrix: ({ red, green, blue, offset }) =>
    [red, green, blue].flatMap((weights, index) => [...weights, offset[index]! / 255]),
});
