import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { areaOp } from "./op.ts";
import { rankSquare } from "./rank.ts";

export const dilate = areaOp({
  name: "dilate",
  title: "Dilate",
  summary: "Lets the bright parts grow by the greatest value around each pixel.",
  definition:
    "out = the greatest of the (2r + 1)² samples around, channel by channel: gray-scale dilation by a square. Source: J. Serra, Image Analysis and Mathematical Morphology, 1982, chapter XII.",
  params: Type.Object({
    radius: Type.Integer({
      minimum: 1,
      maximum: 50,
      default: 1,
      title: "Radius",
      unit: "px",
      description: "How far the square reaches from its centre pixel.",
    }),
  }),
  extend: "edge",
  alpha: "filter",
  window: (out, _input, { radius }) => grow(out, radius),
  compute: (job) => rankSquare(job, job.params.radius, "greatest"),
});
