import { Type } from "@sinclair/typebox";
import { bytesPerPixel, grow } from "../geometry.ts";
import { gaussian } from "./gaussian.ts";
import { areaOp, type Plane } from "./op.ts";

export const unsharpMask = areaOp({
  name: "unsharp_mask",
  title: "Unsharp mask",
  summary: "Sharpens by adding back what a blur takes away.",
  definition:
    "out = in + amount · (in − G(in)) where |in − G(in)| > threshold, else in; G is the blur of the same sigma. Source: W. Pratt, Digital Image Processing, 4th ed., section 10.4.",
  params: Type.Object({
    sigma: Type.Number({
      minimum: 0.1,
      maximum: 100,
      default: 1,
      title: "Sigma",
      unit: "px",
      description: "Width of the blur: about the size of the detail that is brought out.",
    }),
    amount: Type.Number({
      minimum: 0,
      maximum: 10,
      default: 1,
      title: "Amount",
      unit: "×",
      description: "How much of the difference is added.",
    }),
    threshold: Type.Number({
      minimum: 0,
      maximum: 255,
      default: 0,
      title: "Threshold",
      unit: "level",
      description:
        "Differences up to this many levels of 255 are left alone, so that noise is not sharpened.",
    }),
  }),
  extend: "edge",
  alpha: "keep",
  window: (out, _input, { sigma }) => grow(out, Math.ceil(3 * sigma)),
  taps: ({ sigma }) => 4 * Math.ceil(3 * sigma),
  compute(job) {
    const { kernels, source, target, params } = job;
    const { width, height } = target.rect;
    const { channels, depth } = target.format;
    const pixel = bytesPerPixel(target.format);
    const stride = width * pixel + 16;
    const blurred: Plane = { ...target, stride, at: job.scratch(stride * height) };
    gaussian(job, params.sigma, blurred);
    const radius = Math.ceil(3 * params.sigma);
    const centre = source.at + radius * (source.stride + pixel);
    const [run, level] = depth === 8 ? [kernels.call.unsharp8, 1] : [kernels.call.unsharp16, 257];
    const from = [centre, source.stride, blurred.at, stride] as const;
    const { amount, threshold } = params;
    run(...from, target.at, target.stride, width * channels, height, amount, threshold * level);
  },
});
