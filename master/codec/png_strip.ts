import { constants, deflateRawSync } from "node:zlib";
import { bytesPerPixel, type Shape } from "../../shared/geometry.ts";
import { Canvas } from "../canvas/canvas.ts";
import { filterRows } from "./png_filter.ts";

/** Runs on a thread of the codec pool: one strip of a PNG, read from its canvas, filtered and deflated. */
export interface PngStripTask {
  readonly path: string;
  readonly shape: Shape;
  readonly y: number;
  readonly rows: number;
  /** 0–9. */
  readonly effort: number;
  /** The last strip closes the deflate stream, the others end on a byte's edge in mid-stream. */
  readonly last: boolean;
}

export interface PngStrip {
  readonly deflated: Uint8Array;
  /** Of the bytes before deflating, and their number: the checksums of all strips are combined. */
  readonly adler: number;
  readonly length: number;
}

export default function encodePngStrip(task: PngStripTask): PngStrip {
  const { shape, y, rows, effort, last } = task;
  const rowBytes = shape.width * bytesPerPixel(shape);
  const pixels = readRows(task, rowBytes);
  if (shape.depth === 16) swapBytes(pixels);
  const filtered = filterRows(pixels, { rowBytes, rows, pixelBytes: bytesPerPixel(shape), first: y === 0 });
  // level 1 of this zlib gives larger files than runs alone, in no less time
  const deflated = deflateRawSync(filtered, {
    level: Math.max(2, effort),
    strategy: effort === 0 ? constants.Z_RLE : constants.Z_DEFAULT_STRATEGY,
    finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
  });
  // a copy of its own length: sent to the other thread, a view would take all that lies behind it along
  return { deflated: deflated.slice(), adler: Bun.hash.adler32(filtered), length: filtered.length };
}

/** The strip's rows after the one above them (zeros above the first): the filters look up. */
function readRows({ path, shape, y, rows }: PngStripTask, rowBytes: number): Uint8Array {
  const pixels = new Uint8Array(rowBytes * (rows + 1));
  const above = y === 0 ? 0 : 1;
  const canvas = Canvas.open(path, shape);
  try {
    const rect = { x: 0, y: y - above, width: shape.width, height: rows + above };
    canvas.read({ rect, format: shape, stride: rowBytes, data: pixels.subarray((1 - above) * rowBytes) });
  } finally {
    canvas.close();
  }
  return pixels;
}

/** 16-bit samples are little-endian in a canvas and big-endian in a PNG. */
function swapBytes(pixels: Uint8Array): void {
  Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength).swap16();
}
