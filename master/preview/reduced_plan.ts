import { TesseraError } from "../../shared/errors.ts";
import { intersect, isEmpty, type Rect, type Shape, type Size, wholeOf } from "../../shared/geometry.ts";
import { type Chain, compileChain, footprint, shapeAfter, windowOf, workOf } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import { reducedStep } from "../../shared/pipeline/reduced.ts";

/** Pixels of the source that one look may need; beyond it the source is reduced further. */
const WINDOW_PIXELS_MAX = 6_000_000;
/** Bytes that one image along the chain may take. */
const BYTES_MAX = 256 << 20;

export interface Wanted {
  /** Of the result at its full size; all of it if left out. */
  readonly region?: Rect | undefined;
  /** Side of the square that it fits into. */
  readonly size: number;
  /** What takes more work than that (see `workOf`) is reduced further. */
  readonly workMax?: number | undefined;
}

/** A pipeline on a reduction of its source that looks as it does on the whole. */
export interface ReducedPlan {
  /** Of the result's size. */
  readonly scale: number;
  /** The source, reduced. */
  readonly source: Shape;
  readonly chain: Chain;
  readonly steps: readonly Step[];
  /** What is wanted of the reduced result, and what of the source it takes. */
  readonly out: Rect;
  readonly window: Rect;
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
  // Halves at most, so it ends.
  for (let share = 1; ; share *= 0.7) {
    const plan = reduceBy(
      steps,
      shapes,
      scales.map((scale) => scale * share),
      seen,
    );
    const isTiny = Math.max(plan.source.width, plan.source.height) < 64;
    if (plan.window.width * plan.window.height > WINDOW_PIXELS_MAX && !isTiny) continue;
    if (workOf(plan.chain, plan.out) > workMax && !isTiny) continue;
    if (footprint(plan.chain, plan.out) > BYTES_MAX) {
      if (!isTiny) continue;
      throw new TesseraError("pipeline_unbounded");
    }
    return plan;
  }
}

function reduceBy(
  steps: readonly Step[],
  shapes: readonly Shape[],
  scales: readonly number[],
  seen: Rect,
): ReducedPlan {
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
  return { scale, source, chain, steps: reduced, out, window: windowOf(chain, out), isExact };
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
