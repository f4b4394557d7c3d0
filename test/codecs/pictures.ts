import { readFileSync, rmSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { CANVAS_HEADER_BYTES, Canvas } from "../../master/canvas/canvas.ts";
import { colourspaceOf } from "../../master/codec/colourspace.ts";
import { ingest, type Profile } from "../../master/ingest/ingest.ts";
import { probe } from "../../master/probe/probe.ts";
import type { ImageLimits, ImageMetadata, Probe } from "../../master/probe/types.ts";
import { bytesPerPixel, type Shape, wholeOf } from "../../shared/geometry.ts";

export const LIMITS: ImageLimits = {
  pixelsMax: 100_000_000,
  sideMax: 250_000,
  unboundedPixelsMax: 20_000_000,
};

export const NO_METADATA: ImageMetadata = { exif: undefined, icc: undefined, xmp: undefined };

/** Pixels with slopes, edges and grain, the same for the same shape; samples little-endian as in a canvas. */
export function pixelsOf(shape: Shape): Uint8Array {
  const { width, height, channels, depth } = shape;
  const samples = new Uint16Array(width * height * channels);
  let seed = 1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, i++) {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        const edge = (x >> 4) % 3 === c % 3 ? 14_000 : 0;
        samples[i] = Math.min(65_535, ((x * 700 + y * 300 * (c + 1)) & 0x7fff) + edge + (seed >>> 19));
      }
    }
  }
  if (depth === 16) return new Uint8Array(samples.buffer);
  return Uint8Array.from(samples, (sample) => sample >> 8);
}

/** The pixels as the library's input; in memory, so that nothing but the format under test is between. */
export function sharpOf(shape: Shape, pixels = pixelsOf(shape)): Sharp {
  const { width, height, channels, depth } = shape;
  const data = depth === 8 ? pixels : new Uint16Array(pixels.slice().buffer);
  return sharp(data, { raw: { width, height, channels } }).toColourspace(colourspaceOf(shape));
}

export function canvasOf(path: string, shape: Shape, pixels = pixelsOf(shape)): Canvas {
  const canvas = Canvas.create(path, shape);
  canvas.write({
    rect: wholeOf(shape),
    format: shape,
    data: pixels,
    stride: shape.width * bytesPerPixel(shape),
  });
  return canvas;
}

export interface Decoded {
  readonly probe: Probe;
  readonly pixels: Uint8Array;
}

/** Through our own probe and ingest. */
export async function decode(path: string, profile: Profile = "srgb"): Promise<Decoded> {
  const probed = await probe(path, LIMITS);
  const canvasPath = `${path}.decoded.v`;
  await ingest(path, probed, canvasPath, { profile, pixelsMax: LIMITS.pixelsMax }).done;
  const pixels = new Uint8Array(readFileSync(canvasPath).subarray(CANVAS_HEADER_BYTES));
  rmSync(canvasPath);
  return { probe: probed, pixels };
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export const shapeOf = (width: number, height: number, channels: number, depth: number): Shape =>
  ({ width, height, channels, depth }) as Shape;
