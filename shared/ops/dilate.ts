import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { areaOp } from "./op.ts";
import { squareRadius } from "./params.ts";
import { rankSquare, reducedReach } from "./rank.ts";

export const dilate = areaOp({
  name: "dilate",
  title: "Dilate",
  summary: "Lets the bright parts grow by the greatest value around each pixel.",
  definition:
    "out = the greatest of the (2r + 1)² samples around, channel by channel: gray-scale dilation by a square. Source: J. Serra, Image Analysis and Mathematical Morphology, 1982, chapter XII.",
  isFine: true,
  params: Type.Object({
    radius: squareRadius(50, 1),
  }),
  extend: "edge",
  alpha: "filter",
  window: (out, _input, { radius }) => grow(out, radius),
  compute: (job) => rankSquare(job, job.params.radius, "greatest"),
  reduced: ({ radius }, factor) => ({ op: "dilate", radius: reducedReach(radius, factor) }),
});
