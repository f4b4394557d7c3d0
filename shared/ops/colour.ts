import { Type } from "@sinclair/typebox";
import { hasAlpha, type PixelFormat } from "../geometry.ts";

/** A parameter that takes a colour as '#rrggbb', and '#rrggbbaa' where alpha has a meaning. */
export const colourParam = (options: {
  default: string;
  title: string;
  description: string;
  alpha: boolean;
}) => {
  const { alpha, ...shown } = options;
  const pattern = alpha ? "^#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$" : "^#[0-9a-fA-F]{6}$";
  return Type.String({ pattern, ...shown });
};

/** Red, green, blue and alpha of '#rrggbb' or '#rrggbbaa', each 0..255; alpha is 255 where none is given. */
export function readColour(text: string): [red: number, green: number, blue: number, alpha: number] {
  const byte = (at: number) => Number.parseInt(text.slice(at, at + 2), 16);
  return [byte(1), byte(3), byte(5), text.length > 7 ? byte(7) : 255];
}

/** BT.601 luma with the weights of the kernels: rounded, 0..255. */
const lumaOf = (red: number, green: number, blue: number): number =>
  (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;

/** One pixel of that colour as its bytes in `format`: a gray image takes its luma, one without alpha drops that. */
export function colourBytes(text: string, format: PixelFormat): Uint8Array {
  const [red, green, blue, alpha] = readColour(text);
  const samples = format.channels < 3 ? [lumaOf(red, green, blue)] : [red, green, blue];
  if (hasAlpha(format)) samples.push(alpha);
  if (format.depth === 8) return Uint8Array.from(samples);
  return new Uint8Array(Uint16Array.from(samples, (v) => v * 257).buffer);
}
