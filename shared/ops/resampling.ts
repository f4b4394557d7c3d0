/**
 * Which input samples an output sample is made of. All positions are of whole images, so that a sample is computed
 * alike in whatever tile it lies.
 */
export type Filter = "lanczos3" | "bicubic";

/** One direction of a resize: `from` input samples become `to`. */
export interface Axis {
  readonly filter: Filter;
  readonly from: number;
  readonly to: number;
}

const SUPPORT: Record<Filter, number> = { lanczos3: 3, bicubic: 2 };

/** When shrinking, the filter is as much wider as the image gets smaller: that is what keeps out aliases. */
const stretchOf = ({ from, to }: Axis): number => Math.max(1, from / to);

/** How many taps each output sample has. */
export const tapsOf = (axis: Axis): number =>
  Math.min(axis.from, Math.ceil(2 * SUPPORT[axis.filter] * stretchOf(axis)));

/** The first of the `tapsOf` input samples that output sample `at` is made of; never outside the image. */
export function firstTap(axis: Axis, at: number): number {
  const first = Math.floor(centreOf(axis, at) - SUPPORT[axis.filter] * stretchOf(axis)) + 1;
  return Math.min(Math.max(first, 0), axis.from - tapsOf(axis));
}

const centreOf = ({ from, to }: Axis, at: number): number => ((at + 0.5) * from) / to - 0.5;

/** Writes the weights of output sample `at`: `tapsOf` numbers that sum to 1. The image's edge is repeated outwards. */
export function weightsAt(axis: Axis, at: number, weights: Float64Array): void {
  const { filter, from } = axis;
  const stretch = stretchOf(axis);
  const support = SUPPORT[filter] * stretch;
  const centre = centreOf(axis, at);
  const first = firstTap(axis, at);
  const last = Math.ceil(centre + support) - 1;
  const value = filter === "lanczos3" ? lanczos3 : catmullRom;
  weights.fill(0);
  let sum = 0;
  for (let i = Math.floor(centre - support) + 1; i <= last; i++) {
    const weight = value((i - centre) / stretch);
    const tap = Math.min(Math.max(i, 0), from - 1) - first;
    weights[tap] = weights[tap]! + weight;
    sum += weight;
  }
  for (let tap = 0; tap < weights.length; tap++) weights[tap] = weights[tap]! / sum;
}

/** The input sample that output sample `at` lies on. */
export const nearestTap = ({ from, to }: { from: number; to: number }, at: number): number =>
  Math.min(from - 1, Math.floor(((2 * at + 1) * from) / (2 * to)));

function lanczos3(x: number): number {
  if (Math.abs(x) < 1e-9) return 1;
  if (Math.abs(x) >= 3) return 0;
  return (3 * sinPi(x) * sinPi(x / 3)) / (Math.PI * Math.PI * x * x);
}

/** Keys' cubic with a = −1/2. */
function catmullRom(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/**
 * sin(πx) for |x| ≤ 3 by its Taylor series, to 1e-15. Math.sin may differ in its last bit from one processor to the
 * next, and a weight that falls on a rounding edge would then differ too; sums and products don't.
 */
function sinPi(x: number): number {
  const whole = Math.round(x);
  const t = Math.PI * (x - whole);
  const square = t * t;
  let sum = 1;
  for (let k = 20; k >= 2; k -= 2) sum = 1 - (square / (k * (k + 1))) * sum;
  return (whole % 2 === 0 ? t : -t) * sum;
}
