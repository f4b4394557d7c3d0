import { crc32 } from "node:zlib";
import { TesseraError } from "../../shared/errors.ts";
import type { FileBytes } from "./bytes.ts";
import type { Header } from "./types.ts";

/** Allowed bit depths by colour type. Source: PNG, third edition, table 12. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const IEND = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);

/** Deflate's best: 258 bytes from 2 bits (RFC 1951). A header that promises more lies. */
const INFLATION_MAX = 1032;

/** Checks IHDR and the end. Throws `image_truncated`, `image_corrupt` or `image_header_invalid`. */
export function readPng(file: FileBytes): Header {
  const start = file.read(8, 25);
  if (start.readUInt32BE(0) !== 13 || start.toString("latin1", 4, 8) !== "IHDR") {
    throw new TesseraError("image_corrupt", "It does not begin with its header.");
  }
  if (crc32(start.subarray(4, 21)) !== start.readUInt32BE(21)) throw new TesseraError("image_corrupt");
  const width = start.readUInt32BE(8);
  const height = start.readUInt32BE(12);
  const [depth, colour, compression, filter, interlace] = start.subarray(16, 21) as unknown as number[];
  const valid = DEPTHS[colour!]?.includes(depth!) && compression === 0 && filter === 0 && interlace! <= 1;
  if (!valid || width > 0x7fffffff || height > 0x7fffffff) throw new TesseraError("image_header_invalid");
  const raw = height * (1 + Math.ceil((width * depth! * SAMPLES[colour!]!) / 8));
  const { tail, tailAt } = file;
  const iend = tail.lastIndexOf(IEND);
  if (iend < 0) throw new TesseraError("image_truncated");
  return {
    width,
    height,
    unbounded: interlace === 1,
    bytesMin: raw / INFLATION_MAX,
    end: tailAt + iend + IEND.length,
  };
}
