import { Type } from "@sinclair/typebox";
import { hasAlpha } from "../geometry.ts";
import { in8Bit } from "./histogram.ts";
import { statisticsOp } from "./op.ts";

export const otsuThreshold = statisticsOp({
  name: "otsu_threshold",
  title: "Otsu threshold",
  summary: "Turns the picture black and white, split where dark and light part best.",
  definition:
    "grayscale, then threshold at the level that maximises the variance between the two classes of the BT.601 luma; the middle of all such levels, and 128 for a picture of one tone. Source: N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. SMC 9(1), 1979.",
  params: Type.Object({}),
  output: (input) => ({ ...input, channels: hasAlpha(input) ? 2 : 1 }),
  resolve(statistics) {
    const split = bestSplit(statistics.luma);
    const level = split === undefined ? 128 : in8Bit(split, statistics);
    return [{ op: "grayscale" }, { op: "threshold", level }];
  },
});

/**
 * Levels above the returned one, which lies halfway between two levels or on one of an empty range, are light;
 * undefined where there are not two levels.
 */
function bestSplit(histogram: Float64Array): number | undefined {
  let count = 0;
  let sum = 0;
  histogram.forEach((n, level) => {
    count += n;
    sum += n * level;
  });
  let best = 0;
  let [first, last] = [0, 0];
  let dark = 0;
  let darkSum = 0;
  for (let level = 0; level < histogram.length - 1; level++) {
    dark += histogram[level]!;
    darkSum += histogram[level]! * level;
    const light = count - dark;
    if (dark === 0 || light === 0) continue;
    const distance = darkSum / dark - (sum - darkSum) / light;
    const between = dark * light * distance * distance;
    if (between < best) continue;
    if (between > best) first = level;
    best = between;
    last = level;
  }
  return best === 0 ? undefined : (first + last + 1) / 2;
}
