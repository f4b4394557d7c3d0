import { TesseraError } from "../../shared/errors.ts";
import type { FileBytes } from "./bytes.ts";
import { checkMetadata } from "./limits.ts";
import { type Directory, openTiff } from "./tiff_directory.ts";
import type { Header } from "./types.ts";

const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  sampleFormat: 339,
  dngVersion: 50706,
} as const;

/** Their values go by the number of strips or tiles. */
const PIXEL_TAGS = [TAG.stripOffsets, TAG.stripBytes, TAG.tileOffsets, TAG.tileBytes];

/** Min-is-white, min-is-black, RGB, palette, CMYK, YCbCr; not masks, Lab, LogL, colour filter arrays. */
const PHOTOMETRIC = [0, 1, 2, 3, 5, 6];

/** libvips holds a row of tiles twice; beyond this the file is counted among those that need all memory at once. */
const TILE_ROW_BYTES_MAX = 256 * 2 ** 20;

/** The decoder holds a strip and refuses more than this for it. What is one plain strip, it reads in pieces. */
const STRIP_BYTES_MAX = 50 * 2 ** 20;

/** Pages after the first are not used, but the library follows them all, and a loop for ever. */
const PAGES_MAX = 1000;

/**
 * Checks the first directory. Source: TIFF 6.0; BigTIFF design. Throws `image_truncated`, `image_corrupt`,
 * `image_header_invalid` (also for a loop of directories), or `image_unsupported`: samples that are not unsigned
 * integers of 1, 2, 4, 8 or 16 bits, colour models other than the common ones, camera raw.
 */
export function readTiff(file: FileBytes): Header {
  if (file.head.toString("latin1", 8, 10) === "CR") unsupported("It is a camera's raw file.");
  const tiff = openTiff(file);
  const first = tiff.directory(tiff.first);
  checkMetadata(first.bytesBeside(PIXEL_TAGS));
  checkPages(tiff.first, first.next, (at) => {
    const page = tiff.directory(at);
    checkMetadata(page.bytesBeside(PIXEL_TAGS));
    return page.next;
  });
  const width = first.number(TAG.width) ?? 0;
  const height = first.number(TAG.height) ?? 0;
  if (first.has(TAG.dngVersion)) unsupported("It is a camera's raw file.");
  const bits = first.numbers(TAG.bits) ?? [1];
  const formats = first.numbers(TAG.sampleFormat) ?? [1];
  const samples = first.number(TAG.samples) ?? 1;
  if (!bits.every((b) => [1, 2, 4, 8, 16].includes(b)) || formats.some((f) => f !== 1)) {
    unsupported("Only samples of 1 to 8 and of 16 bits without sign are read.");
  }
  if (new Set(bits).size > 1 || samples < 1 || samples > 5) unsupported(`It has ${samples} samples a pixel.`);
  if (!PHOTOMETRIC.includes(first.number(TAG.photometric) ?? 1)) unsupported("Its colour model is not read.");
  const pixelBytes = (samples * bits[0]!) / 8;
  const band = checkData(file, first, width, height);
  return { width, height, unbounded: band * pixelBytes > TILE_ROW_BYTES_MAX, bytesMin: 0, end: undefined };
}

/** That strips or tiles lie within the file. Returns the pixels of one row of tiles (0 for strips). */
function checkData(file: FileBytes, ifd: Directory, width: number, height: number): number {
  const tiled = ifd.has(TAG.tileWidth);
  const offsets = ifd.edges(tiled ? TAG.tileOffsets : TAG.stripOffsets);
  const bytes = ifd.edges(tiled ? TAG.tileBytes : TAG.stripBytes);
  if (offsets === undefined)
    throw new TesseraError("image_header_invalid", "It does not say where its pixels are.");
  offsets.forEach((offset, i) => {
    if (offset + (bytes?.[i] ?? 0) > file.size) throw new TesseraError("image_truncated");
  });
  if (!tiled) {
    const several = (ifd.number(TAG.rowsPerStrip) ?? height) < height;
    if (several && bytes?.some((one) => one > STRIP_BYTES_MAX))
      unsupported(`Save it with strips of at most ${STRIP_BYTES_MAX >> 20} MiB.`);
    return 0;
  }
  const tileWidth = ifd.number(TAG.tileWidth) ?? 0;
  const tileHeight = ifd.number(TAG.tileHeight) ?? 0;
  if (tileWidth < 1 || tileHeight < 1 || width < 1 || height < 1)
    throw new TesseraError("image_header_invalid");
  return Math.ceil(width / tileWidth) * tileWidth * tileHeight;
}

function checkPages(first: number, second: number, next: (at: number) => number): void {
  const seen = new Set([first]);
  for (let at = second; at !== 0; at = next(at)) {
    if (seen.size === PAGES_MAX) unsupported(`It has more than ${PAGES_MAX} pages.`);
    if (seen.has(at)) throw new TesseraError("image_header_invalid", "Its pages go round in a circle.");
    seen.add(at);
  }
}

function unsupported(why: string): never {
  throw new TesseraError("image_unsupported", why);
}
