import { blur } from "./blur.ts";
import { contrast } from "./contrast.ts";
import { contrastLinear } from "./contrast_linear.ts";
import { crop } from "./crop.ts";
import { grayscale } from "./grayscale.ts";
import { invert } from "./invert.ts";
import type { Op } from "./op.ts";

/** Every op, one line each, in the order in which a user is shown them. */
const OPS: readonly Op[] = [
  grayscale,
  blur,
  contrast,
  invert,
  contrastLinear,
  crop,
];

const BY_NAME: ReadonlyMap<string, Op> = new Map(OPS.map((op) => [op.name, op]));

export const allOps = (): readonly Op[] => OPS;
export const findOp = (name: string): Op | undefined => BY_NAME.get(name);

/** The op of a step that has been validated. */
export function opNamed(name: string): Op {
  const op = BY_NAME.get(name);
  if (op === undefined) throw new Error(`no op is named ${name}`);
  return op;
}
