import { TesseraError } from "../../shared/errors.ts";
import type { Size } from "../../shared/geometry.ts";
import type { FileBytes } from "./bytes.ts";
import { checkMetadata } from "./limits.ts";
import type { Header } from "./types.ts";

/** Chunks before the picture: ICCP, ANIM, ALPH and unknown ones. */
const CHUNKS_MAX = 64;

/** A frame takes at most its pixels as they are, and some; the rest is metadata. */
const BYTES_PER_PIXEL_MAX = 5;

interface Picture extends Size {
  readonly last: boolean;
  readonly animated?: boolean;
}

/**
 * Walks the chunks to the first picture. Source: WebP container specification; RFC 6386 section 9.1 (VP8); RFC 9649
 * section 3.4 (VP8L). Throws `image_truncated`, `image_corrupt` or `image_header_invalid`.
 */
export function readWebp(file: FileBytes): Header {
  const end = 8 + file.read(4, 4).readUInt32LE(0);
  if (end > file.size) throw new TesseraError("image_truncated");
  let canvas: Size | undefined;
  let at = 12;
  for (let i = 0; i < CHUNKS_MAX && at + 8 <= end; i++) {
    const head = file.read(at, 8);
    const length = head.readUInt32LE(4);
    if (at + 8 + length > end) throw new TesseraError("image_truncated");
    const picture = readChunk(head.toString("latin1", 0, 4), file.read(at + 8, Math.min(10, length)));
    if (picture?.last) {
      if (canvas && (picture.width > canvas.width || picture.height > canvas.height)) {
        throw new TesseraError("image_header_invalid", "Its picture is larger than its canvas.");
      }
      const { width, height } = canvas ?? picture;
      const firstFrameEnd = picture.animated ? at + 8 + length + (length & 1) : undefined;
      checkMetadata((firstFrameEnd ?? end) - BYTES_PER_PIXEL_MAX * width * height);
      return { width, height, unbounded: true, bytesMin: 0, firstFrameEnd, end: end + (end & 1) };
    }
    if (picture) canvas = picture;
    at += 8 + length + (length & 1);
  }
  throw new TesseraError("image_corrupt", "It holds no picture.");
}

/** The size in a chunk's first 10 bytes; `last` when it is a picture's own and not the canvas'. */
function readChunk(name: string, b: Buffer): Picture | undefined {
  switch (name) {
    case "VP8X":
      need(b, 10);
      return { width: 1 + b.readUIntLE(4, 3), height: 1 + b.readUIntLE(7, 3), last: false };
    case "VP8 ":
      need(b, 10);
      if ((b[0]! & 1) !== 0 || b.readUIntBE(3, 3) !== 0x9d012a) throw new TesseraError("image_corrupt");
      return { width: b.readUInt16LE(6) & 0x3fff, height: b.readUInt16LE(8) & 0x3fff, last: true };
    case "VP8L":
      need(b, 5);
      if (b[0] !== 0x2f) throw new TesseraError("image_corrupt");
      return {
        width: 1 + (b.readUInt16LE(1) & 0x3fff),
        height: 1 + ((b.readUInt32LE(1) >>> 14) & 0x3fff),
        last: true,
      };
    case "ANMF":
      need(b, 10);
      // an offset from the canvas' corner comes first: 2 × 24 bits in units of 2 pixels; then the width less 1
      return { width: 1 + b.readUIntLE(6, 3), height: 1, last: true, animated: true };
    default:
      return undefined;
  }
}

function need(bytes: Buffer, length: number): void {
  if (bytes.length < length) throw new TesseraError("image_truncated");
}
