import { constants, deflateRawSync } from "node:zlib";
import { bytesPerPixel } from "../../shared/geometry.ts";
import { filterRows } from "./png_filter.ts";
import { type EncodedStrip, readRows, type StripTask } from "./strip.ts";

/** Filters and deflates one strip of a PNG. */
export function encodePngStrip(task: StripTask): EncodedStrip {
  const { shape, y, rows, effort, last } = task;
  const pixels = readRows(task, 1);
  // 16-bit samples are little-endian in a canvas and big-endian in a PNG
  if (shape.depth === 16) Buffer.from(pixels.buffer).swap16();
  const pixelBytes = bytesPerPixel(shape);
  const filtered = filterRows(pixels, {
    rowBytes: shape.width * pixelBytes,
    rows,
    pixelBytes,
    first: y === 0,
  });
  // level 1 of this zlib gives larger files than runs alone, in no less time
  const deflated = deflateRawSync(filtered, {
    level: Math.max(2, effort),
    strategy: effort === 0 ? constants.Z_RLE : constants.Z_DEFAULT_STRATEGY,
    finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
  });
  return { deflated, adler: Bun.hash.adler32(filtered), length: filtered.length };
}
