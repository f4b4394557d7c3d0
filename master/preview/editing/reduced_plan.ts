import { TesseraError } from "../../../shared/errors.ts";
import { intersect, isEmpty, type Rect, type Shape, type Size, wholeOf } from "../../../shared/geometry.ts";
import {
  type Chain,
  compileChain,
  footprint,
  shapeAfter,
  windowOf,
  workOf,
} from "../../../shared/ops/chain.ts";
import type { Step } from "../../../shared/ops/op.ts";
import { opNamed } from "../../../shared/ops/registry.ts";
import { reducedStep } from "../../../shared/pipeline/reduced.ts";

/** Pixels of the source that one look may need; beyond it the source is reduced further. */
const WINDOW_PIXELS_MAX = 6_000_000;
/**
 * Where single pixels matter, more of them are computed than are seen, all if possible, and the result is reduced: no more
 * than these, and no more work than two threads do in about 60 ms.
 */
const FINE_PIXELS_MAX = 16_000_000;
const FINE_WORK_MAX = 1_200_000_000;
/** Taps (see `workOf`) that it takes to reduce a sample of a result. */
const REDUCING_TAPS = 10;
/** Bytes that one image along the chain may take. */
const BYTES_MAX = 256 << 20;

export interface Wanted {
  /** Of the result at its full size; all of it if left out. */
  readonly region?: Rect | undefined;
  /** Side of the square that it fits into. */
  readonly size: number;
  /** Computed of as many pixels as is soon done, even if they are not seen. */
  readonly isFine?: boolean;
  /** What takes more work than that (see `workOf`) is reduced further. */
  readonly workMax?: number | undefined;
}

/** A pipeline on a reduction of its source that looks as it does on the whole. */
export interface ReducedPlan {
  /** The size of the result as it would be. */
  readonly result: Size;
  /** Of the result's size. */
  readonly scale: number;
  /** The source, reduced. */
  readonly source: Shape;
  readonly chain: Chain;
  readonly steps: readonly Step[];
  /** What is wanted of the reduced result, and what of the source it takes. */
  readonly out: Rect;
  readonly window: Rect;
  /** What `out` is to be reduced to, if it is larger. */
  readonly shown: Size;
  /** Nothing is reduced: the pixels are those of the result itself. */
  readonly isExact: boolean;
}

/**
 * Finds how far the source can be reduced for a view of the result. The scale is asked backwards, from the view to the
 * source, since a resize changes it on the way: a picture that is made smaller anyway needs no more pixels than it ends
 * with. Steps must be resolved.
 *
 * @throws request_invalid for a region outside the result; pipeline_unbounded
 */
export function planReduced(steps: readonly Step[], input: Shape, wanted: Wanted): ReducedPlan {
  const { region, size, workMax = Number.POSITIVE_INFINITY } = wanted;
  const shapes = [input];
  for (const step of steps) shapes.push(shapeAfter(step, shapes.at(-1)!));
  const result = shapes.at(-1)!;
  const seen = intersect(region ?? wholeOf(result), wholeOf(result));
  if (isEmpty(seen))
    throw new TesseraError("request_invalid", `The region is outside of ${result.width} × ${result.height}.`);
  const scales = [Math.min(1, size / Math.max(seen.width, seen.height))];
  for (let i = steps.length - 1; i >= 0; i--) {
    const grows = steps[i]!.op === "resize" ? enlargement(shapes[i]!, shapes[i + 1]!) : 1;
    scales.unshift(Math.min(1, scales[0]! * grows));
  }
  const view = scales.at(-1)!;
  const shown = part(seen, view, scaled(result, view));
  const isFine = wanted.isFine || steps.some(({ op }) => opNamed(op).isFine);
  for (const share of sharesOf(scales, isFine)) {
    const more = scales.map((scale) => Math.min(1, scale * share));
    const plan = reduceBy(steps, shapes, more, seen);
    const isFiner = share > 1;
    const isTiny = Math.max(plan.source.width, plan.source.height) < 64;
    const pixels = plan.window.width * plan.window.height;
    if (pixels > (isFiner ? FINE_PIXELS_MAX : WINDOW_PIXELS_MAX) && !isTiny) continue;
    const reducing = isFiner
      ? REDUCING_TAPS * plan.out.width * plan.out.height * plan.chain.output.channels
      : 0;
    const work = workOf(plan.chain, plan.out) + reducing;
    if (work > Math.min(workMax, isFiner ? FINE_WORK_MAX : workMax) && !isTiny) continue;
    if (footprint(plan.chain, plan.out) > BYTES_MAX) {
      if (!isTiny) continue;
      throw new TesseraError("pipeline_unbounded");
    }
    return isFiner ? { ...plan, scale: view, shown } : { ...plan, shown: plan.out };
  }
  throw new Error("some share is small enough");
}

/** By how much more than is seen is computed: all first, where that makes a difference, then ever less. */
function* sharesOf(scales: readonly number[], isFine: boolean): Generator<number, void> {
  const all = 1 / scales[0]!;
  if (all > 1 && (isFine || scales.at(-1) === 1)) yield all; // a result that is seen at its full size is to be exact
  if (isFine) for (let share = all / 2; share >= 1.5; share /= 2) yield share;
  for (let share = 1; ; share *= 0.7) yield share;
}

function reduceBy(
  steps: readonly Step[],
  shapes: readonly Shape[],
  scales: readonly number[],
  seen: Rect,
): Omit<ReducedPlan, "shown"> {
  const source = scaled(shapes[0]!, scales[0]!);
  const reduced: Step[] = [];
  let shape = source;
  for (const [i, step] of steps.entries()) {
    const [before, after] = [scales[i]!, scales[i + 1]!];
    const own =
      step.op === "resize" ? resized(step, shape, scaled(shapes[i + 1]!, after)) : reducedStep(step, before);
    if (own === undefined) continue;
    // Untouched where nothing is reduced.
    reduced.push(before === 1 && after === 1 ? step : own);
    shape = shapeAfter(reduced.at(-1)!, shape);
  }
  const scale = scales.at(-1)!;
  const chain = compileChain(reduced, source);
  const out = part(seen, scale, chain.output);
  const isExact = scales.every((each) => each === 1);
  return {
    result: shapes.at(-1)!,
    scale,
    source,
    chain,
    steps: reduced,
    out,
    window: windowOf(chain, out),
    isExact,
  };
}

const enlargement = (from: Size, to: Size): number =>
  Math.max(to.width / from.width, to.height / from.height);

function scaled(shape: Shape, scale: number): Shape {
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { ...shape, width: side(shape.width), height: side(shape.height) };
}

function resized({ scale: _, ...step }: Step, from: Size, { width, height }: Size): Step | undefined {
  return from.width === width && from.height === height ? undefined : { ...step, width, height };
}

/** A rectangle of the result in its reduction, of at least a pixel. */
function part({ x, y, width, height }: Rect, scale: number, inside: Size): Rect {
  const along = (start: number, length: number, most: number) => {
    const first = Math.min(most - 1, Math.floor(start * scale));
    return [first, Math.min(most - first, Math.max(1, Math.round(length * scale)))] as const;
  };
  const [left, wide] = along(x, width, inside.width);
  const [top, high] = along(y, height, inside.height);
  return { x: left, y: top, width: wide, height: high };
}
