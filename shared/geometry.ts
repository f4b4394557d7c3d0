/** Sizes, rectangles and pixel formats. Units are pixels, y grows downwards; nothing here knows of files or ops. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha; alpha is straight and always the last channel. */
export type Channels = 1 | 2 | 3 | 4;

/** Bits per sample. 16-bit samples are unsigned and little-endian everywhere in Tessera. */
export type Depth = 8 | 16;

export interface PixelFormat {
  readonly channels: Channels;
  readonly depth: Depth;
}

/** What an image is before one looks at its pixels. */
export interface Shape extends Size, PixelFormat {}

export const hasAlpha = (format: PixelFormat): boolean => format.channels === 2 || format.channels === 4;

/** Channels that carry colour (alpha left out): 1 or 3. */
export const colourChannels = (format: PixelFormat): 1 | 3 => (format.channels < 3 ? 1 : 3);

export const bytesPerPixel = (format: PixelFormat): number => format.channels * (format.depth >> 3);

/** The largest sample value: 255 or 65535. */
export const sampleMax = (depth: Depth): number => (depth === 8 ? 255 : 65535);

export const wholeOf = (size: Size): Rect => ({ x: 0, y: 0, width: size.width, height: size.height });

export const isEmpty = (rect: Size): boolean => rect.width <= 0 || rect.height <= 0;

/** The common part of two rectangles; width and height 0 where there is none. */
export function intersect(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/** The smallest rectangle that holds both; an empty one adds nothing. */
export function union(a: Rect, b: Rect): Rect {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** `rect` with a margin of `across` pixels left and right and `down` above and below. */
export const grow = (rect: Rect, across: number, down = across): Rect => ({
  x: rect.x - across,
  y: rect.y - down,
  width: rect.width + 2 * across,
  height: rect.height + 2 * down,
});

export const contains = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

export const sameRect = (a: Rect, b: Rect): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
