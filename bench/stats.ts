/** How far apart the runs behind a median were: the extremes, and the median of the distances from the median. */
export interface Spread {
  readonly min: number;
  readonly max: number;
  readonly mad: number;
  readonly runs: number;
}

/** The middle value, or the mean of the two in the middle. @throws RangeError if there is none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("a median needs at least one value");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  const centre = median(values);
  return {
    min: Math.min(...values),
    max: Math.max(...values),
    mad: median(values.map((value) => Math.abs(value - centre))),
    runs: values.length,
  };
}

// A median's standard error is 1.2533 σ / √n, and σ is estimated as 1.4826 MAD; both hold for the normal distribution.
const ERROR_OF_MEDIAN = 1.2533 * 1.4826;

/** The standard error of a median, as far as its spread tells; 0 where there was one run. */
export const medianError = ({ mad, runs }: Spread): number => (ERROR_OF_MEDIAN * mad) / Math.sqrt(runs);

/**
 * The least of each run of `size` values, a last short one left out unless it is all there is: others that want the core
 * can only make something slower.
 */
export function leastOfEach(values: readonly number[], size: number): number[] {
  const groups = Math.max(1, Math.floor(values.length / size));
  return Array.from({ length: groups }, (_, i) => Math.min(...values.slice(i * size, (i + 1) * size)));
}

/** Each value over the one that was measured beside it. */
export const pairwise = (values: readonly number[], beside: readonly number[]): number[] =>
  values.map((value, i) => value / beside[i]!);

/** How much y rises when x rises by one: the straight line of least squares. 0 for fewer than two different x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x0, y0] = [mean(([x]) => x), mean(([, y]) => y)];
  const across = points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
  const up = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  return across > 0 ? up / across : 0;
}
