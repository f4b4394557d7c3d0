import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { convolution, convolved } from "./convolution.ts";
import { areaOp } from "./op.ts";

const FOUR = [0, -1, 0, -1, 4, -1, 0, -1, 0];
const EIGHT = [-1, -1, -1, -1, 8, -1, -1, -1, -1];

export const laplacian = areaOp({
  name: "laplacian",
  title: "Laplacian",
  summary: "Shows where brightness bends: fine lines and points light up, even areas turn black.",
  definition:
    "offset + n · in − Σ of the n = 4 or 8 neighbours, saturating; the centre counts positive, so a bright point on dark is bright. Source: R. Gonzalez and R. Woods, Digital Image Processing, 4th ed., section 3.6.",
  isFine: true,
  params: Type.Object({
    neighbours: Type.Union([Type.Literal(4), Type.Literal(8)], {
      default: 8,
      title: "Neighbours",
      description: "4 looks straight up, down, left and right; 8 along the diagonals too.",
    }),
    offset: Type.Integer({
      minimum: 0,
      maximum: 255,
      default: 0,
      title: "Offset",
      unit: "level",
      description: "Added to the result; 128 shows both directions of the bend.",
    }),
  }),
  extend: "edge",
  alpha: "keep",
  window: (out) => grow(out, 1),
  compute: (job) => {
    const { neighbours, offset } = job.params;
    convolution(job, { weights: neighbours === 4 ? FOUR : EIGHT, divisor: 1, offset });
  },
  reduced: ({ neighbours, offset }, factor) => convolved(neighbours === 4 ? FOUR : EIGHT, factor, 1, offset),
});
