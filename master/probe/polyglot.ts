import { TesseraError } from "../../shared/errors.ts";
import type { FileBytes } from "./bytes.ts";

/** Code that a web server or a browser would run, wherever in the file it stands. */
const ACTIVE = /<\?php|<script[\s>/]/i;

/** What must not begin right after an image's end: archives, documents, programs; and markup. */
const STOWAWAYS = [
  "PK\x03\x04",
  "PK\x05\x06",
  "Rar!",
  "7z\xbc\xaf",
  "%PDF",
  "%!PS",
  "MZ",
  "\x7fELF",
  "#!",
  "\xca\xfe\xba\xbe",
];
const MARKUP = /^<[?!a-z]/i;

const PDF_HEADER_WITHIN = 1024;
const ZIP_END = Buffer.from("PK\x05\x06", "latin1");
const ZIP_END_BYTES = 22;

const latin = (bytes: Buffer): string => bytes.toString("latin1");

/**
 * Refuses a file that is an image to us and something else to another program. Reads the first and the last 64 KiB
 * only. Data after the image's end is no fault in itself: phones put videos, depth and gain maps there.
 *
 * @param end where the image's own bytes end, if known
 */
export function refusePolyglot(file: FileBytes, end: number | undefined): void {
  const head = latin(file.head);
  const tail = file.tail === file.head ? head : latin(file.tail);
  // a PDF may begin anywhere in the first 1024 bytes (ISO 32000-1, annex H.3.4.1)
  if (head.slice(0, PDF_HEADER_WITHIN).includes("%PDF-")) refuse("a PDF");
  if (ACTIVE.test(head) || ACTIVE.test(tail)) refuse("a script");
  if (hasZipEnd(file)) refuse("a ZIP archive");
  if (end === undefined || end >= file.size) return;
  const after =
    end >= file.tailAt ? tail.slice(end - file.tailAt) : latin(file.read(end, Math.min(64, file.size - end)));
  const stowaway = after.slice(firstOf(after));
  if (MARKUP.test(stowaway) || STOWAWAYS.some((magic) => stowaway.startsWith(magic))) {
    refuse("another file after its end");
  }
  if (after.includes("%PDF-")) refuse("a PDF");
}

/** Where the first character is that is neither padding nor white space. */
function firstOf(text: string): number {
  let at = 0;
  while (at < text.length && "\0 \t\r\n".includes(text[at]!)) at++;
  return at;
}

/**
 * A ZIP is read from its end: the record there points at the central directory before it. Four bytes alone turn up
 * in compressed data by chance, so the directory must be where the record says (relative to it: what stands before
 * an archive shifts it).
 */
function hasZipEnd(file: FileBytes): boolean {
  const { tail } = file;
  for (let at = tail.indexOf(ZIP_END); at >= 0; at = tail.indexOf(ZIP_END, at + 1)) {
    if (at + ZIP_END_BYTES > tail.length) break;
    const directory = file.tailAt + at - tail.readUInt32LE(at + 12);
    if (directory >= 0 && latin(file.read(directory, 4)) === "PK\x01\x02") return true;
  }
  return false;
}

function refuse(what: string): never {
  throw new TesseraError("image_polyglot", `It also contains ${what}.`);
}
