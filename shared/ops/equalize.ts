import { Type } from "@sinclair/typebox";
import { sampleMax } from "../geometry.ts";
import { statisticsOp } from "./op.ts";

/** Knots of the curve: every level at 8 bits; at 16 bits the most that `curve` takes. */
const KNOTS_MAX = 4096;

export const equalize = statisticsOp({
  name: "equalize",
  title: "Equalize",
  summary: "Spreads the tones so that each range of brightness gets as many pixels.",
  definition:
    "out = max · (cdf(in) − cdf₀) / (n − cdf₀), cdf being the BT.601 luma's cumulative histogram and cdf₀ its first value above 0; the same curve for every channel. Fully transparent pixels don't count, a picture of one tone stays as it is. Source: Gonzalez & Woods, Digital Image Processing, 4th ed., section 3.3.",
  params: Type.Object({}),
  resolve({ luma, depth }) {
    const cdf = cumulative(luma);
    const all = cdf.at(-1)!;
    const first = cdf.find((n) => n > 0) ?? 0;
    if (all === first) return [];
    const max = sampleMax(depth);
    const knots = Math.min(max + 1, KNOTS_MAX);
    const points = Array.from({ length: knots }, (_, knot) => {
      const below = cdf[Math.round((knot * max) / (knots - 1))]!;
      // Six digits are finer than a 16-bit level and keep the step short on its way.
      return Number((Math.max(0, below - first) / (all - first)).toFixed(6));
    });
    return [{ op: "curve", points: [points] }];
  },
});

function cumulative(histogram: Float64Array): Float64Array {
  let sum = 0;
  return histogram.map((n) => {
    sum += n;
    return sum;
  });
}
