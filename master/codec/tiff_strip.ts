import { type EncodedStrip, readRows, type StripTask } from "./strip.ts";

/** A deflate stream with a window of 32 KiB, no dictionary (RFC 1950). */
const ZLIB_HEADER = [0x78, 0x01];

/**
 * Takes the difference of each sample to its left neighbour and deflates one strip of a TIFF, a zlib stream of its
 * own. Source: TIFF 6.0 section 14 (predictor 2), Adobe Photoshop TIFF technical notes (compression 8).
 */
export function encodeTiffStrip(task: StripTask): EncodedStrip {
  const pixels = readRows(task, 0);
  const { width, channels, depth } = task.shape;
  const samples = depth === 8 ? pixels : new Uint16Array(pixels.buffer);
  for (let row = 0; row < task.rows; row++)
    differ(samples, row * width * channels, width * channels, channels);
  // libdeflate gives at level 1 what zlib gives at level 2, in half the time; it cannot do a part of a stream (PNG)
  const level = Math.max(1, task.effort) as 1;
  const stream = Bun.deflateSync(pixels as Uint8Array<ArrayBuffer>, { library: "libdeflate", level });
  const deflated = Buffer.allocUnsafe(stream.length + 6);
  deflated.set(ZLIB_HEADER);
  deflated.set(stream, 2);
  const adler = Bun.hash.adler32(pixels);
  deflated.writeUInt32BE(adler, deflated.length - 4);
  return { deflated, adler, length: pixels.length };
}

/** In place, from the end of the row, so that the left neighbour is still itself. */
function differ(samples: Uint8Array | Uint16Array, at: number, count: number, channels: number): void {
  for (let i = at + count - 1; i >= at + channels; i--) samples[i]! -= samples[i - channels]!;
}
