import { TesseraError } from "../../shared/errors.ts";
import type { FileBytes } from "./bytes.ts";
import { checkMetadata } from "./limits.ts";
import type { Header } from "./types.ts";

/** Real files have some tens of segments before their first scan (an ICC profile in pieces, EXIF, XMP, tables). */
const SEGMENTS_MAX = 2048;

/** Bytes FF may fill up the place before a marker; real files have a few, if any. */
const FILL_BYTES_MAX = 65_536;

/**
 * No JPEG holds more pixels in a byte: each 8 × 8 block has at least one bit of DC (a first progressive scan), a gray
 * baseline one two. A header that promises more lies.
 */
const PIXELS_PER_BYTE_MAX = 512;

const SOF0 = 0xc0;
const SOF2 = 0xc2;
const SOS = 0xda;
const EOI = 0xd9;

interface Frame {
  readonly marker: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

/**
 * Reads a JPEG's segments up to its first scan. Source: ITU-T T.81, annex B. Throws `image_truncated`,
 * `image_corrupt`, `image_header_invalid`, or `image_unsupported` for lossless, hierarchical and 12-bit files.
 */
export function readJpeg(file: FileBytes): Header {
  let frame: Frame | undefined;
  let at = 2;
  let filled = 0;
  for (let i = 0; i < SEGMENTS_MAX; i++) {
    for (; file.read(at, 2).readUInt16BE(0) === 0xffff; at++)
      if (++filled > FILL_BYTES_MAX) throw new TesseraError("image_corrupt");
    const [prefix, marker] = file.read(at, 2) as unknown as [number, number];
    if (prefix !== 0xff || marker === 0) throw new TesseraError("image_corrupt");
    if (marker === EOI) throw new TesseraError("image_header_invalid", "It ends before its picture begins.");
    const length = file.read(at + 2, 2).readUInt16BE(0);
    if (length < 2) throw new TesseraError("image_corrupt");
    if (isFrame(marker)) frame ??= readFrame(marker, file.read(at + 4, length - 2));
    if (marker === SOS) {
      if (frame === undefined) throw new TesseraError("image_header_invalid", "It has no frame header.");
      return finish(file, frame, file.read(at + 4, 1)[0]!, at + 2 + length);
    }
    at += 2 + length;
    checkMetadata(at);
  }
  throw new TesseraError("image_corrupt", "It has too many segments.");
}

/** SOF0 to SOF15; DHT (C4), JPG (C8) and DAC (CC) lie among them. */
const isFrame = (marker: number): boolean =>
  marker >= SOF0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function readFrame(marker: number, body: Buffer): Frame {
  if (body.length < 6) throw new TesseraError("image_corrupt");
  if (marker > SOF2 || body[0] !== 8) {
    throw new TesseraError("image_unsupported", "Only baseline and progressive JPEG of 8 bits are read.");
  }
  const components = body[5]!;
  if (![1, 3, 4].includes(components) || body.length !== 6 + 3 * components) {
    throw new TesseraError("image_header_invalid", `A JPEG of ${components} components is declared.`);
  }
  return { marker, height: body.readUInt16BE(1), width: body.readUInt16BE(3), components };
}

function finish(file: FileBytes, frame: Frame, scanComponents: number, scanAt: number): Header {
  const { width, height } = frame;
  const end = findEnd(file, scanAt);
  // a scan of fewer components than the frame has means more scans: all coefficients are held until the last
  const unbounded = frame.marker === SOF2 || scanComponents < frame.components;
  const bytesMin = scanAt + (width * height) / PIXELS_PER_BYTE_MAX;
  return { width, height, unbounded, bytesMin, end };
}

/**
 * Where the file's own EOI marker ends. Data may follow (a gain map, a video): then, without an EOI in the last
 * 64 KiB, it is not known. But when there is nothing in there except coded data the file was cut off: within a scan
 * an FF is only followed by 00, RSTn, or what stands between scans, and 64 KiB of it have hundreds (padding has none).
 */
function findEnd(file: FileBytes, scanAt: number): number | undefined {
  const { tail, tailAt } = file;
  let marks = 0;
  let foreign = 0;
  for (let at = tail.indexOf(0xff, Math.max(0, scanAt - tailAt)); at >= 0; at = tail.indexOf(0xff, at + 1)) {
    const next = tail[at + 1];
    if (next === EOI) return tailAt + at + 2;
    marks++;
    if (next !== undefined && !mayStandInScans(next)) foreign++;
  }
  if (foreign === 0 && (marks > 0 || tailAt < scanAt)) throw new TesseraError("image_truncated");
  return undefined;
}

const mayStandInScans = (next: number): boolean =>
  next === 0 ||
  next === 0xff ||
  next === 0xc4 ||
  (next >= 0xd0 && next <= 0xd7) ||
  (next >= SOS && next <= 0xdd);
