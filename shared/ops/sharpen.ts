import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { convolution, convolved } from "./convolution.ts";
import { areaOp } from "./op.ts";

const WEIGHTS = [-1, -1, -1, -1, 9, -1, -1, -1, -1];

export const sharpen = areaOp({
  name: "sharpen",
  title: "Sharpen",
  summary: "Makes edges and fine detail crisper.",
  definition:
    "3 × 3 convolution, centre 9, the others −1, saturating: the picture plus its 8-neighbour Laplacian. Source: R. Gonzalez and R. Woods, Digital Image Processing, 4th ed., section 3.6.",
  isFine: true,
  params: Type.Object({}),
  extend: "edge",
  alpha: "keep",
  window: (out) => grow(out, 1),
  compute: (job) => convolution(job, { weights: WEIGHTS, divisor: 1, offset: 0 }),
  reduced: (_, factor) => convolved(WEIGHTS, factor),
});
