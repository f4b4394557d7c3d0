import { crc32 } from "node:zlib";
import { bytesPerPixel } from "../shared/geometry.ts";
import { bands, type PictureSpec } from "./picture.ts";

export const PNG_SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

/** One chunk of a PNG file. Source: W3C, Portable Network Graphics (Third Edition), section 5. */
export function pngChunk(type: "IHDR" | "IDAT" | "IEND", data: Uint8Array): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

export function pngHeader(spec: PictureSpec): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(spec.width, 0);
  data.writeUInt32BE(spec.height, 4);
  data[8] = spec.depth;
  data[9] = { 1: 0, 2: 4, 3: 2, 4: 6 }[spec.channels];
  return pngChunk("IHDR", data);
}

/** What goes into a PNG's deflate stream: each row with its filter byte (`Sub`: the difference to the pixel before). */
export function* filteredBands(spec: PictureSpec): Generator<Uint8Array> {
  const pixel = bytesPerPixel(spec);
  const rowBytes = spec.width * pixel;
  for (const { rows, bytes } of bands(spec, Math.max(1, Math.floor(2 ** 20 / rowBytes)))) {
    if (spec.depth === 16) swapPairs(bytes);
    const out = new Uint8Array(rows * (rowBytes + 1));
    for (let y = 0; y < rows; y++) filterRow(bytes, y * rowBytes, rowBytes, pixel, out, y * (rowBytes + 1));
    yield out;
  }
}

function filterRow(
  from: Uint8Array,
  start: number,
  count: number,
  pixel: number,
  to: Uint8Array,
  at: number,
): void {
  to[at] = 1;
  for (let i = 0; i < pixel; i++) to[at + 1 + i] = from[start + i]!;
  for (let i = pixel; i < count; i++) to[at + 1 + i] = from[start + i]! - from[start + i - pixel]!;
}

/** PNG has the upper byte of a 16-bit sample first. */
function swapPairs(bytes: Uint8Array): void {
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap16();
}
