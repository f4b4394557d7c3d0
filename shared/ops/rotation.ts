import { bytesPerPixel, type Rect, type Shape } from "../geometry.ts";
import type { Compute } from "./op.ts";

export type Angle = 90 | 180 | 270;

/** The shape of an image (width × height) after a clockwise turn. */
export const turnedShape = (input: Shape, angle: Angle): Shape =>
  angle === 180 ? input : { ...input, width: input.height, height: input.width };

/** The rectangle of the input that becomes `out` by a clockwise turn. */
export function turnedWindow(out: Rect, input: Shape, angle: Angle): Rect {
  const right = input.width - out.x - out.width;
  const bottom = input.height - out.y - out.height;
  if (angle === 180) return { ...out, x: right, y: bottom };
  const turned = { width: out.height, height: out.width };
  return angle === 90
    ? { ...turned, x: out.y, y: input.height - out.x - out.width }
    : { ...turned, x: input.width - out.y - out.height, y: out.x };
}

/** Turns the job's source, which is what `turnedWindow` gives, clockwise into its target. */
export function turn({ kernels, source, target }: Compute<unknown>, angle: Angle): void {
  const pixel = bytesPerPixel(target.format);
  const lastRow = source.at + (source.rect.height - 1) * source.stride;
  const lastColumn = (source.rect.width - 1) * pixel;
  // Where the target's first pixel comes from, and how far one step to the right and one down is in the source.
  const [from, xStep, yStep] =
    angle === 90
      ? [lastRow, -source.stride, pixel]
      : angle === 180
        ? [lastRow + lastColumn, -pixel, -source.stride]
        : [source.at + lastColumn, source.stride, -pixel];
  const { width, height } = target.rect;
  kernels.call.move(from, xStep, yStep, target.at, target.stride, width, height, pixel);
}
