import { crc32, deflateSync } from "node:zlib";
import { bytesPerPixel, type Channels, type Shape } from "../../shared/geometry.ts";
import type { Canvas } from "../canvas/canvas.ts";
import { encodeStrip } from "../codec/pool.ts";
import type { EncodedStrip } from "../codec/strip.ts";
import type { ImageMetadata } from "../probe/types.ts";
import { combineAdler } from "./adler.ts";
import type { OutputSpec } from "./output.ts";
import type { StripFormat } from "./strips.ts";

/** Each strip begins without a dictionary; from this size on that costs less than 0.5 % of the file. */
const STRIP_BYTES = 2 * 2 ** 20;

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const COLOUR_TYPE: Readonly<Record<Channels, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };

/** A deflate stream with a window of 32 KiB, no dictionary (RFC 1950). */
const ZLIB_HEADER = Buffer.from([0x78, 0x01]);

/**
 * One PNG from strips that are filtered and deflated by themselves, on threads. Each strip's deflate ends in a sync
 * flush, that is on a byte's edge and without closing the stream, so that the next can simply follow; the Adler-32
 * of the whole is computed from those of the parts. Source: PNG, third edition; RFC 1950; zlib's manual.
 */
export function pngFormat(
  canvas: Canvas,
  spec: OutputSpec,
  metadata: ImageMetadata,
  stripBytes = STRIP_BYTES,
): StripFormat<EncodedStrip> {
  const { path, shape } = canvas;
  const rows = Math.max(1, Math.ceil(stripBytes / (shape.width * bytesPerPixel(shape))));
  let adler = 1;
  return {
    rows,
    encode: (y, height) => {
      const last = y + height === shape.height;
      return encodeStrip({ kind: "png", path, shape, y, rows: height, effort: spec.effort, last });
    },
    join: (strip, index, last) => {
      adler = combineAdler(adler, strip.adler, strip.length);
      const opening = index === 0 ? [SIGNATURE, header(shape), ...metadataChunks(metadata)] : [];
      const parts: Uint8Array[] = index === 0 ? [ZLIB_HEADER, strip.deflated] : [strip.deflated];
      if (!last) return [...opening, chunk("IDAT", ...parts)];
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(adler);
      return [...opening, chunk("IDAT", ...parts, sum), chunk("IEND")];
    },
  };
}

function header(shape: Shape): Buffer {
  const body = Buffer.alloc(13);
  body.writeUInt32BE(shape.width, 0);
  body.writeUInt32BE(shape.height, 4);
  body[8] = shape.depth;
  body[9] = COLOUR_TYPE[shape.channels];
  return chunk("IHDR", body);
}

/** `iCCP`, `eXIf`, and `iTXt` with XMP's keyword, uncompressed as XMP asks for. */
function metadataChunks({ exif, icc, xmp }: ImageMetadata): Buffer[] {
  const chunks: Buffer[] = [];
  if (icc) chunks.push(chunk("iCCP", Buffer.from("ICC profile\0\0", "latin1"), deflateSync(icc)));
  if (exif) chunks.push(chunk("eXIf", exif));
  if (xmp) chunks.push(chunk("iTXt", Buffer.from("XML:com.adobe.xmp\0\0\0\0\0", "latin1"), xmp));
  return chunks;
}

function chunk(type: string, ...body: Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const bytes = Buffer.allocUnsafe(12 + length);
  bytes.writeUInt32BE(length, 0);
  bytes.write(type, 4, "latin1");
  let at = 8;
  for (const part of body) {
    bytes.set(part, at);
    at += part.length;
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(4, at)), at);
  return bytes;
}
