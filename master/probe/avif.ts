import { TesseraError } from "../../shared/errors.ts";
import type { FileBytes } from "./bytes.ts";
import { checkMetadata } from "./limits.ts";
import type { Header } from "./types.ts";

const BOXES_MAX = 256;

/** Four samples of 12 bits, whole; the rest is metadata. */
const BYTES_PER_PIXEL_MAX = 6;

interface Box {
  readonly type: string;
  readonly body: number;
  readonly end: number;
}

/**
 * Walks the boxes and takes the largest declared image size (`ispe`). Source: ISO/IEC 14496-12 section 4.2,
 * 23008-12 section 6.5.3. Throws `image_truncated`, `image_corrupt` or `image_header_invalid`.
 */
export function readAvif(file: FileBytes): Header {
  const top = boxes(file, 0, file.size);
  const meta = top.find(({ type }) => type === "meta");
  if (meta === undefined) {
    const whole = top.at(-1)?.end === file.size;
    throw new TesseraError(whole ? "image_corrupt" : "image_truncated", "It has no image header.");
  }
  const properties = boxes(file, meta.body + 4, meta.end).find(({ type }) => type === "iprp");
  const container =
    properties && boxes(file, properties.body, properties.end).find(({ type }) => type === "ipco");
  let size = { width: 0, height: 0 };
  for (const { type, body, end } of container ? boxes(file, container.body, container.end) : []) {
    if (type !== "ispe" || end - body < 12) continue;
    const b = file.read(body + 4, 8);
    const [width, height] = [b.readUInt32BE(0), b.readUInt32BE(4)];
    if (width * height >= size.width * size.height) size = { width, height };
  }
  if (size.width === 0) throw new TesseraError("image_header_invalid", "It declares no size.");
  checkMetadata(file.size - BYTES_PER_PIXEL_MAX * size.width * size.height);
  return { ...size, unbounded: true, bytesMin: 0, end: undefined };
}

/** The boxes that follow each other in [from, to). */
function boxes(file: FileBytes, from: number, to: number): Box[] {
  const found: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    if (found.length === BOXES_MAX) throw new TesseraError("image_corrupt", "It has too many parts.");
    const head = file.read(at, 8);
    const type = head.toString("latin1", 4, 8);
    let bytes = head.readUInt32BE(0);
    let header = 8;
    if (bytes === 0) bytes = to - at;
    else if (bytes === 1) {
      bytes = Number(file.read(at + 8, 8).readBigUInt64BE(0));
      header = 16;
    }
    if (bytes < header) throw new TesseraError("image_corrupt");
    if (at + bytes > to) throw new TesseraError(to === file.size ? "image_truncated" : "image_corrupt");
    found.push({ type, body: at + header, end: at + bytes });
    at += bytes;
  }
  return found;
}
