import { autoContrast } from "./auto_contrast.ts";
import { autoLevels } from "./auto_levels.ts";
import { bilateral } from "./bilateral.ts";
import { blur } from "./blur.ts";
import { boxBlur } from "./box_blur.ts";
import { brightness } from "./brightness.ts";
import { channelMix } from "./channel_mix.ts";
import { contrast } from "./contrast.ts";
import { contrastLinear } from "./contrast_linear.ts";
import { convolve } from "./convolve.ts";
import { crop } from "./crop.ts";
import { curve } from "./curve.ts";
import { dilate } from "./dilate.ts";
import { edgeDetection } from "./edge_detection.ts";
import { emboss } from "./emboss.ts";
import { equalize } from "./equalize.ts";
import { erode } from "./erode.ts";
import { flip } from "./flip.ts";
import { flop } from "./flop.ts";
import { gamma } from "./gamma.ts";
import { grayscale } from "./grayscale.ts";
import { hue } from "./hue.ts";
import { invert } from "./invert.ts";
import { laplacian } from "./laplacian.ts";
import { levels } from "./levels.ts";
import { median } from "./median.ts";
import type { Op } from "./op.ts";
import { otsuThreshold } from "./otsu_threshold.ts";
import { pad } from "./pad.ts";
import { pixelate } from "./pixelate.ts";
import { posterize } from "./posterize.ts";
import { resize } from "./resize.ts";
import { rotate } from "./rotate.ts";
import { rotate90 } from "./rotate_90.ts";
import { saturation } from "./saturation.ts";
import { sepia } from "./sepia.ts";
import { sharpen } from "./sharpen.ts";
import { solarize } from "./solarize.ts";
import { threshold } from "./threshold.ts";
import { tint } from "./tint.ts";
import { unsharpMask } from "./unsharp_mask.ts";

/** Every op, one line each, in the order in which a user is shown them. */
const OPS: readonly Op[] = [
  grayscale,
  blur,
  contrast,
  invert,
  contrastLinear,
  brightness,
  gamma,
  levels,
  threshold,
  posterize,
  solarize,
  curve,
  sepia,
  saturation,
  hue,
  tint,
  channelMix,
  equalize,
  autoContrast,
  autoLevels,
  otsuThreshold,
  rotate90,
  rotate,
  flip,
  flop,
  crop,
  resize,
  pad,
  edgeDetection,
  sharpen,
  boxBlur,
  unsharpMask,
  emboss,
  laplacian,
  convolve,
  median,
  erode,
  dilate,
  bilateral,
  pixelate,
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
