import type { Shape } from "../../shared/geometry.ts";
import { bytesPerPixel } from "../../shared/geometry.ts";
import { Canvas } from "../canvas/canvas.ts";

/** What a thread of the codec pool is asked for: one strip of a result, read from its canvas. */
export interface StripTask {
  readonly kind: "png" | "tiff";
  readonly path: string;
  readonly shape: Shape;
  readonly y: number;
  readonly rows: number;
  /** 0–9. */
  readonly effort: number;
  /** A PNG's last strip closes the deflate stream; the others end on a byte's edge in mid-stream. */
  readonly last: boolean;
}

export interface EncodedStrip {
  readonly deflated: Uint8Array;
  /** Of the bytes before deflating, and their number: a PNG's checksum is combined from those of all strips. */
  readonly adler: number;
  readonly length: number;
}

/** The strip's rows; `above` is 1 for one row more at the beginning, of zeros where the image has none. */
export function readRows({ path, shape, y, rows }: StripTask, above: 0 | 1): Uint8Array {
  const stride = shape.width * bytesPerPixel(shape);
  const pixels = new Uint8Array(stride * (rows + above));
  const there = y === 0 ? 0 : above;
  const canvas = Canvas.open(path, shape);
  try {
    const rect = { x: 0, y: y - there, width: shape.width, height: rows + there };
    canvas.read({ rect, format: shape, stride, data: pixels.subarray((above - there) * stride) });
  } finally {
    canvas.close();
  }
  return pixels;
}
