import type { Op, Step } from "../ops/op.ts";
import { opNamed } from "../ops/registry.ts";

/**
 * What stands for a step on an image that has been reduced to `factor` of its size (0–1), so that it looks there as the
 * step looks on the whole. Nothing if it could not be seen there. Lengths in pixels become shorter, unless the op says
 * otherwise. Not for resize, whose size is whoever's who reduces.
 */
export function reducedStep(step: Step, factor: number): Step | undefined {
  if (factor === 1) return step;
  const op = opNamed(step.op);
  if (op.kind === "area" && op.reduced !== undefined) return op.reduced(step as never, factor);
  return shortened(op, step, factor);
}

function shortened(op: Op, step: Step, factor: number): Step | undefined {
  const shorter: Record<string, unknown> = { ...step };
  for (const [name, { unit, type, minimum, maximum }] of Object.entries(op.params.properties)) {
    const value = step[name];
    if (unit !== "px" || typeof value !== "number") continue;
    const exact = value * factor;
    // Half a pixel is none: a filter over neighbours that lie half as far apart would take much more away.
    const length = type === "integer" ? Math.ceil(exact - 0.5) : exact;
    // A filter that reaches no pixel beyond its own does nothing; a part of the picture is never less than a pixel.
    const isGeometry = op.kind === "area" && op.output !== undefined;
    if (length < minimum && !isGeometry) return undefined;
    shorter[name] = Math.min(Math.max(length, minimum), maximum);
  }
  return shorter as Step;
}
