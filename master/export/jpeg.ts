import { bytesPerPixel, hasAlpha, type Shape } from "../../shared/geometry.ts";
import type { Canvas } from "../canvas/canvas.ts";
import { loadSharp } from "../codec/sharp.ts";
import type { ImageMetadata } from "../probe/types.ts";
import { metadataSegments, parseJpeg } from "./jpeg_segments.ts";
import type { OutputSpec } from "./output.ts";
import type { StripFormat } from "./strips.ts";

/** A strip is this high, unless that is under 1 MiB (a call costs more than its pixels) or over 8 MiB. */
const ROWS = 128;
const BYTES_MIN = 2 ** 20;
const BYTES_MAX = 4 * 2 ** 20;

/** The MCU is 16 × 16 for colour at 4:2:0 and 8 × 8 for gray; a height that is a multiple of 16 suits both. */
const ROWS_UNIT = 16;

/** The restart interval is a 16-bit number. */
const INTERVAL_MAX = 65_535;

/**
 * One baseline JPEG from strips that are encoded by themselves: the first one's header with the whole height in it,
 * a restart interval of one strip, then each strip's coded data with a restart marker between. The strips' coders
 * begin anew exactly where a restart marker makes a decoder do so, and all use the standard Huffman tables (hence no
 * optimised coding), so that the pixels are those of an encoder that sees the whole. Source: ITU-T T.81, B.2 and E.1.4.
 */
export function jpegFormat(
  canvas: Canvas,
  spec: OutputSpec,
  metadata: ImageMetadata,
  rows = stripRows(canvas.shape),
): StripFormat<Buffer> {
  const { shape } = canvas;
  return {
    rows,
    encode: (y, height) => encode(canvas, spec, y, height),
    join: (strip, index, last) => {
      const { beforeScan, scanHeader, scan, frameAt } = parseJpeg(strip);
      const end = Buffer.from([0xff, last ? 0xd9 : 0xd0 + (index & 7)]);
      if (index > 0) return [scan, end];
      const head = Buffer.from(beforeScan);
      head.writeUInt16BE(shape.height, frameAt + 5);
      // after SOI and APP0, where readers look for them
      const at = 4 + head.readUInt16BE(4);
      const restart = last ? [] : [restartInterval(shape, rows)];
      return [
        head.subarray(0, at),
        ...metadataSegments(metadata),
        head.subarray(at),
        ...restart,
        scanHeader,
        scan,
        end,
      ];
    },
  };
}

/** The library maps the canvas, so that no pixel passes through this thread. */
async function encode(
  { path, shape }: Canvas,
  spec: OutputSpec,
  top: number,
  height: number,
): Promise<Buffer> {
  const sharp = await loadSharp();
  const gray = shape.channels < 3;
  let strip = sharp(path, { limitInputPixels: false, sequentialRead: false });
  strip = strip.extract({ left: 0, top, width: shape.width, height });
  if (hasAlpha(shape)) strip = strip.flatten({ background: spec.background });
  return strip
    .toColourspace(gray ? "b-w" : "srgb")
    .jpeg({ quality: spec.quality, chromaSubsampling: "4:2:0", optimiseCoding: false })
    .toBuffer();
}

const mcuSide = (shape: Shape): number => (shape.channels < 3 ? 8 : 16);

const mcusIn = (shape: Shape, rows: number): number =>
  Math.ceil(shape.width / mcuSide(shape)) * (rows / mcuSide(shape));

function stripRows(shape: Shape): number {
  const rowBytes = shape.width * bytesPerPixel(shape);
  const wanted = Math.min(Math.max(ROWS, BYTES_MIN / rowBytes), BYTES_MAX / rowBytes);
  const allowed = (INTERVAL_MAX / mcusIn(shape, ROWS_UNIT)) * ROWS_UNIT;
  return Math.max(ROWS_UNIT, Math.floor(Math.min(wanted, allowed) / ROWS_UNIT) * ROWS_UNIT);
}

function restartInterval(shape: Shape, rows: number): Buffer {
  const interval = mcusIn(shape, rows);
  if (interval > INTERVAL_MAX) throw new Error(`a restart interval of ${interval}`);
  return Buffer.from([0xff, 0xdd, 0, 4, interval >> 8, interval & 255]);
}
