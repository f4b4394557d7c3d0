import type { Statistics, Step } from "./op.ts";

/** All that a histogram counts. */
const total = (histogram: Float64Array): number => histogram.reduce((sum, n) => sum + n, 0);

/**
 * The lowest and the highest level that are left when `percent` of the pixels (0..50) is cut off at each end;
 * undefined where not two levels are left.
 */
function extremes(histogram: Float64Array, percent: number): { low: number; high: number } | undefined {
  const allowed = (total(histogram) * percent) / 100;
  const last = histogram.length - 1;
  let low = 0;
  for (let below = 0; low < last && below + histogram[low]! <= allowed; low++) below += histogram[low]!;
  let high = last;
  for (let above = 0; high > 0 && above + histogram[high]! <= allowed; high--) above += histogram[high]!;
  return low < high ? { low, high } : undefined;
}

/** A level of these statistics in the 8-bit units of the parameters. */
export const in8Bit = (level: number, { depth }: Pick<Statistics, "depth">): number =>
  depth === 8 ? level : level / 257;

/** The `levels` step that spreads what `extremes` leaves over all tones; none if there is nothing to spread. */
export function stretch(
  statistics: Pick<Statistics, "depth">,
  histogram: Float64Array,
  percent: number,
  channel: "all" | "red" | "green" | "blue",
): Step[] {
  const found = extremes(histogram, percent);
  if (found === undefined) return [];
  const black = in8Bit(found.low, statistics);
  const white = in8Bit(found.high, statistics);
  return [{ op: "levels", black, white, gamma: 1, out_black: 0, out_white: 255, channel }];
}
