import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { convolution, convolved } from "./convolution.ts";
import { areaOp } from "./op.ts";

/** The eight places around the centre, clockwise from the right, and what stands on them for light from the right. */
const RING = [5, 8, 7, 6, 3, 0, 1, 2];
const RELIEF = [1, 1, 0, -1, -1, -1, 0, 1];

/** Weights for light from `angle` (degrees anticlockwise from the right, a multiple of 45). */
export function reliefFrom(angle: number, strength: number): number[] {
  const turn = angle / 45;
  const weights = new Array<number>(9).fill(0);
  RING.forEach((place, i) => {
    weights[place] = RELIEF[(i + turn) % 8]! * strength;
  });
  return weights;
}

const ANGLES = [0, 45, 90, 135, 180, 225, 270, 315].map((angle) => Type.Literal(angle));

export const emboss = areaOp({
  name: "emboss",
  title: "Emboss",
  summary: "Turns the picture into a relief on gray, lit from one side.",
  definition:
    "128 + strength · (the three samples towards the light − the three away from it), on the 3 × 3 around, saturating: Prewitt's compass gradient on a gray ground. Source: J. Prewitt, Object enhancement and extraction, 1970.",
  isFine: true,
  params: Type.Object({
    angle: Type.Union(ANGLES, {
      default: 135,
      title: "Light from",
      unit: "°",
      description: "Where the light comes from: 0 is right, 90 above, 135 above left.",
    }),
    strength: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 1,
      title: "Strength",
      unit: "×",
      description: "How high the relief stands out.",
    }),
  }),
  extend: "edge",
  alpha: "keep",
  window: (out) => grow(out, 1),
  compute: (job) =>
    convolution(job, { weights: reliefFrom(job.params.angle, job.params.strength), divisor: 1, offset: 128 }),
  reduced: ({ angle, strength }, factor) => convolved(reliefFrom(angle, strength), factor, 1, 128),
});
