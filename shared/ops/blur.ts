import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { gaussian } from "./gaussian.ts";
import { areaOp } from "./op.ts";

export const blur = areaOp({
  name: "blur",
  title: "Gaussian blur",
  summary: "Softens the picture by a Gaussian of the given width.",
  definition:
    "Separable convolution with exp(−x²/2σ²), cut off at ⌈3σ⌉ and normalised to sum 1; the edge is repeated outwards. Source: R. Szeliski, Computer Vision: Algorithms and Applications, 2nd ed., section 3.2.",
  params: Type.Object({
    sigma: Type.Number({
      minimum: 0.1,
      maximum: 100,
      default: 5,
      title: "Sigma",
      unit: "px",
      description: "Standard deviation of the Gaussian: larger is softer.",
    }),
  }),
  extend: "edge",
  alpha: "filter",
  window: (out, _input, { sigma }) => grow(out, Math.ceil(3 * sigma)),
  taps: ({ sigma }) => 4 * Math.ceil(3 * sigma),
  compute: (job) => gaussian(job, job.params.sigma, job.target),
});
