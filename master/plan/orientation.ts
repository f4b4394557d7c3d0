import type { Step } from "../../shared/ops/op.ts";

const TURN = (angle: number): Step => ({ op: "rotate", angle });
const FLOP: Step = { op: "flop" };

/**
 * The steps that bring stored pixels upright, for EXIF's orientation 1 to 8. They run as tile geometry like any other
 * step, since a decoder that turns an image has to hold the whole of it. Source: JEITA CP-3451 (Exif 2.3), tag 274.
 */
const UPRIGHT: Readonly<Record<number, readonly Step[]>> = {
  1: [],
  2: [FLOP],
  3: [TURN(180)],
  4: [{ op: "flip" }],
  5: [TURN(90), FLOP],
  6: [TURN(90)],
  7: [TURN(270), FLOP],
  8: [TURN(270)],
};

export const uprightSteps = (orientation: number): readonly Step[] => UPRIGHT[orientation] ?? [];
