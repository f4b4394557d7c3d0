import type { TSchema } from "@sinclair/typebox";
import { GEOMETRIES, type Geometry } from "../api/geometries.ts";
import { contains, type Shape } from "../geometry.ts";
import { parsePipeline } from "../pipeline/pipeline.ts";
import type { Op, Step } from "./op.ts";

/** Neither a square nor in the middle of it, so that whatever is moved is seen to be. */
const IMAGE: Shape = { width: 40, height: 30, channels: 3, depth: 8 };
const PART = { x: 2, y: 3, width: 5, height: 7 };

/** It is asked of the op itself, by the shapes that it gives and by the windows that it asks for. */
export function geometryOf(op: Op): Geometry {
  const found = new Set(stepsOf(op).map((step) => geometryBy(op, step)));
  return GEOMETRIES.findLast((geometry) => found.has(geometry))!;
}

function geometryBy(op: Op, step: Step): Geometry {
  if (op.kind === "curve" || op.kind === "matrix") return "in_place";
  const { width, height } = op.output?.(IMAGE, step) ?? IMAGE;
  if (width !== IMAGE.width || height !== IMAGE.height) return "resizes";
  return op.kind === "statistics" || contains(op.window(PART, IMAGE, step), PART) ? "in_place" : "moves";
}

/** With its defaults, and with each parameter as far from its default as it goes, since some defaults do nothing. */
function stepsOf({ name, params }: Op): Step[] {
  const changes = Object.entries(params.properties).flatMap(([param, schema]) =>
    extremesOf(schema).map((value) => ({ [param]: value })),
  );
  return [{}, ...changes].flatMap((change) => parsePipeline([{ op: name, ...change }]));
}

const extremesOf = ({ minimum, maximum, anyOf }: TSchema): unknown[] =>
  [minimum, maximum, ...((anyOf as TSchema[] | undefined) ?? []).map((choice) => choice.const)].filter(
    (value) => value !== undefined,
  );
