import { TesseraError } from "../../shared/errors.ts";
import { EDGE_BYTES, type FileBytes } from "./bytes.ts";
import { checkLimits, METADATA_BYTES_MAX } from "./limits.ts";
import type { Header, ImageLimits } from "./types.ts";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

/** A code of LZW has at most 12 bits and gives at least one pixel; the rest are comments before the frame. */
const BYTES_PER_PIXEL_MAX = 2;

/** Before the first frame; real files have a few. */
const EXTENSIONS_MAX = 1024;

/** The colour table that a packed field announces, in bytes. */
const tableBytes = (packed: number): number => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);

/**
 * Walks to the end of the first frame, the only one that is used. Source: GIF89a specification. Throws
 * `image_truncated`, `image_corrupt`, `image_header_invalid`, what `checkLimits` throws of the frame, or
 * `image_polyglot` for a GIF that is JavaScript too.
 */
export function readGif(file: FileBytes, limits: ImageLimits): Header {
  refuseScript(file);
  const screen = file.read(6, 7);
  const width = screen.readUInt16LE(0);
  const height = screen.readUInt16LE(2);
  let at = 13 + tableBytes(screen[4]!);
  for (let extensions = 0; ; ) {
    const kind = file.read(at, 1)[0];
    if (kind === EXTENSION) {
      if (++extensions > EXTENSIONS_MAX)
        throw new TesseraError("image_corrupt", "It has too many extensions.");
      at = skipBlocks(file, at + 2, METADATA_BYTES_MAX);
      continue;
    }
    if (kind === TRAILER) throw new TesseraError("image_header_invalid", "It holds no picture.");
    if (kind !== IMAGE) throw new TesseraError("image_corrupt");
    const frame = file.read(at + 1, 9);
    const [right, bottom] = [frame.readUInt16LE(4), frame.readUInt16LE(6)];
    if (right === 0 || bottom === 0)
      throw new TesseraError("image_header_invalid", "Its first frame is empty.");
    checkLimits({ width: right, height: bottom }, true, limits);
    const endMax = METADATA_BYTES_MAX + BYTES_PER_PIXEL_MAX * right * bottom;
    const end = skipBlocks(file, at + 11 + tableBytes(frame[8]!), endMax);
    const last = end >= file.size || file.read(end, 1)[0] === TRAILER;
    const firstFrameEnd = last ? undefined : end;
    return { width, height, unbounded: true, bytesMin: 0, firstFrameEnd, end: last ? end + 1 : undefined };
  }
}

/**
 * Past a chain of sub-blocks (a length byte and that many bytes each, until a length of 0), 64 KiB at a time. Throws
 * `image_corrupt` if it does not end by `to`.
 */
function skipBlocks(file: FileBytes, from: number, to: number): number {
  let at = from;
  for (;;) {
    if (at > to) throw new TesseraError("image_corrupt", "It does not end where it could.");
    const window = file.read(at, Math.max(1, Math.min(EDGE_BYTES, file.size - at)));
    let i = 0;
    while (i < window.length) {
      const length = window[i]!;
      if (length === 0) return at + i + 1;
      i += 1 + length;
    }
    at += i;
  }
}

/** "GIF89a" is a JavaScript name: with a comment or an assignment as its width, the file can be run as a script. */
function refuseScript(file: FileBytes): void {
  const width = file.head.toString("latin1", 6, 8);
  const closes = (bytes: Buffer): boolean => bytes.includes("*/");
  if (/^(\/\*|=[\s\d"'(/[])$/.test(width) && (closes(file.head) || closes(file.tail))) {
    throw new TesseraError("image_polyglot", "It also contains a script.");
  }
}
