import { TesseraError } from "../../shared/errors.ts";
import type { ImageType } from "./types.ts";

/** Bytes as text, one character each, so that a signature with binary parts can be written as a string. */
const latin = (bytes: Buffer, at: number, length: number): string =>
  bytes.subarray(at, at + length).toString("latin1");

/** Beginnings of kinds of file that we know and refuse. Compared at offset 0. */
// biome-ignore format: a table
const REFUSED = [
  "%PDF", "%!PS", "\xc5\xd0\xd3\xc6", "PK\x03\x04", "PK\x05\x06", "PK\x07\x08", "Rar!", "7z\xbc\xaf", "\x1f\x8b", "BZh",
  "\xfd7zXZ", "\x28\xb5\x2f\xfd", "\x7fELF", "MZ", "#!", "\xca\xfe\xba\xbe", "\xfe\xed\xfa", "\xcf\xfa\xed\xfe",
  "\0asm", "SQLite format 3", "\xb6\xa6\xf2\x08", "\x08\xf2\xa6\xb6", "BM", "\0\0\x01\0", "\0\0\x02\0", "8BPS",
  "\0\0\0\x0cjP  ", "\xff\x4f\xff\x51", "\xff\x0a", "\0\0\0\x0cJXL ", "#?RADIANCE", "#?RGBE", "SIMPLE  =",
  "v/1\x01", "gimp xcf", "DDS ", "qoif", "farbfeld", "\x8aMNG", "\x8bJNG", "BPG\xfb", "FLIF", "II\xbc\x01",
  "AT&TFORM", "\xd7\xcd\xc6\x9a", "{\\rtf", "ID3", "OggS", "fLaC", "\x1aE\xdf\xa3", "RIFX", "\xd0\xcf\x11\xe0",
  "IIRO", "IIRS", "IIU\0", "FUJIFILM", "FORM",
];

const AVIF_BRANDS = /^(avif|avis)$/;

/**
 * The type of an image by its first bytes (64 are enough), never by its name. Throws `image_empty`,
 * `image_type_refused` (a kind that we know and do not take) or `image_unknown_type`.
 */
export function sniff(head: Buffer): ImageType {
  if (head.length === 0) throw new TesseraError("image_empty");
  if (latin(head, 0, 3) === "\xff\xd8\xff") return "jpeg";
  if (latin(head, 0, 8) === "\x89PNG\r\n\x1a\n") return "png";
  if (/^GIF8[79]a$/.test(latin(head, 0, 6))) return "gif";
  if (/^(II[*+]\0|MM\0[*+])$/.test(latin(head, 0, 4))) return "tiff";
  if (latin(head, 0, 4) === "RIFF" && latin(head, 8, 4) === "WEBP") return "webp";
  if (latin(head, 4, 4) === "ftyp" && isAvif(head)) return "avif";
  throw new TesseraError(isKnown(head) ? "image_type_refused" : "image_unknown_type");
}

/** By the brands of ISO/IEC 14496-12 `ftyp`: the major one, or a compatible one under the general `mif1`/`msf1`. */
function isAvif(head: Buffer): boolean {
  const major = latin(head, 8, 4);
  if (AVIF_BRANDS.test(major)) return true;
  if (major !== "mif1" && major !== "msf1" && major !== "miaf") return false;
  const end = Math.min(head.length, 64, head.length < 4 ? 0 : head.readUInt32BE(0));
  for (let at = 16; at + 4 <= end; at += 4) if (AVIF_BRANDS.test(latin(head, at, 4))) return true;
  return false;
}

function isKnown(head: Buffer): boolean {
  const start = latin(head, 0, 32);
  if (REFUSED.some((magic) => start.startsWith(magic))) return true;
  if (latin(head, 0, 4) === "RIFF" || latin(head, 4, 4) === "ftyp" || latin(head, 257, 5) === "ustar")
    return true;
  if (latin(head, 128, 4) === "DICM") return true;
  if (/^P[1-7fF]\s/.test(start)) return true;
  // markup: SVG, XML, HTML, PHP, after a byte-order mark and white space
  return /^(\xef\xbb\xbf)?\s*<[?!a-z]/i.test(start) || /^(\xff\xfe<\0|\xfe\xff\0<)/.test(start);
}
