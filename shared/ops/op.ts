import type { Static, TObject } from "@sinclair/typebox";
import type { Depth, PixelFormat, Rect, Shape } from "../geometry.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Step } from "../pipeline/step.ts";

export type { Step };

interface Described<P extends TObject> {
  readonly name: string;
  readonly title: string;
  /** One sentence that a form can show. */
  readonly summary: string;
  /** The formula or rule, with its source. */
  readonly definition: string;
  readonly params: P;
  /** What single pixels say matters: of a reduced picture it makes something else than its result looks like when reduced. */
  readonly isFine?: true;
}

/** Pixels inside the kernels' memory: `rect` of an image, rows `stride` bytes apart, the first sample at `at`. */
export interface Plane {
  readonly at: number;
  readonly rect: Rect;
  readonly format: PixelFormat;
  readonly stride: number;
}

/**
 * What an area op gets to compute one rectangle. `source` covers exactly what `window` asked for: beyond the image's
 * edge it repeats the edge's pixels (`extend: "edge"`), or is clipped (`extend: "none"`).
 */
export interface Compute<P> {
  readonly kernels: Kernels;
  readonly source: Plane;
  readonly target: Plane;
  readonly params: P;
  /** The whole image that `source` is a part of. */
  readonly image: Shape;
  /** Memory for this one computation; 16-byte aligned, contents undefined. */
  scratch(bytes: number): number;
}

/** out = f(in), sample by sample. Runs of these fold into one table per colour channel; alpha is left alone. */
export interface CurveOp<P extends TObject = TObject> extends Described<P> {
  readonly kind: "curve";
  /** Maps a sample 0..max of colour channel `channel` (0 for gray) to a value that is rounded and clamped to 0..max. */
  curve(params: Static<P>, max: number, channel: number): (value: number) => number;
}

/** out = M · (r, g, b, 1): three output rows of four for colour, or one row for gray. Units: the offset is 0..1. */
export interface MatrixOp<P extends TObject = TObject> extends Described<P> {
  readonly kind: "matrix";
  /** Whether the result is gray (one row) or colour (three rows). */
  readonly gray: boolean;
  matrix(params: Static<P>): readonly number[];
}

/**
 * How alpha is treated where there is any. `filter`: colour and alpha alike, on premultiplied colour; `keep`: colour
 * premultiplied, alpha as it was; `move`: pixels are only moved, nothing is premultiplied.
 */
export type AlphaRule = "filter" | "keep" | "move";

/** Anything that reads a window: filters and geometry. */
export interface AreaOp<P extends TObject = TObject> extends Described<P> {
  readonly kind: "area";
  readonly extend: "edge" | "none";
  readonly alpha: AlphaRule | ((params: Static<P>) => AlphaRule);
  /** The shape of the whole result; the input's own if left out. */
  output?(input: Shape, params: Static<P>): Shape;
  /** The rectangle of the input that the output rectangle needs; it may reach beyond the image. */
  window(out: Rect, input: Shape, params: Static<P>): Rect;
  compute(job: Compute<Static<P>>): void;
  /** How long a sample takes, next to a tap of the Gaussian's; left out where it is about as long as a 3 × 3 kernel takes. */
  taps?(params: Static<P>): number;
  /** The step that looks like this one on an image reduced to `factor` of its size, where shorter lengths are not it. */
  reduced?(params: Static<P>, factor: number): Step;
}

/** Figures of a whole image: one histogram of `bins` per colour channel, then one of the luma (RGB only). */
export interface Statistics {
  readonly depth: Depth;
  readonly channels: 1 | 3;
  /** channels × bins, then bins of the luma; for gray the luma is channel 0 itself. Fully transparent pixels don't count. */
  readonly histograms: readonly Float64Array[];
  readonly luma: Float64Array;
}

/** An op that needs figures of the whole image: the master turns it into ordinary steps once it has them. */
export interface StatisticsOp<P extends TObject = TObject> extends Described<P> {
  readonly kind: "statistics";
  output?(input: Shape, params: Static<P>): Shape;
  resolve(statistics: Statistics, params: Static<P>): Step[];
}

export type Op = CurveOp | MatrixOp | AreaOp | StatisticsOp;

// The registry holds ops of unlike parameters; these keep each file's own type exact and widen it in one place.
export const curveOp = <P extends TObject>(op: Omit<CurveOp<P>, "kind">): Op =>
  ({ kind: "curve", ...op }) as unknown as Op;
export const matrixOp = <P extends TObject>(op: Omit<MatrixOp<P>, "kind">): Op =>
  ({ kind: "matrix", ...op }) as unknown as Op;
export const areaOp = <P extends TObject>(op: Omit<AreaOp<P>, "kind">): Op =>
  ({ kind: "area", ...op }) as unknown as Op;
export const statisticsOp = <P extends TObject>(op: Omit<StatisticsOp<P>, "kind">): Op =>
  ({ kind: "statistics", ...op }) as unknown as Op;
