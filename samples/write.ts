import { open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createDeflate } from "node:zlib";
import sharp from "sharp";
import { bands, type PictureSpec } from "./picture.ts";
import { filteredBands, PNG_SIGNATURE, pngChunk, pngHeader } from "./png.ts";
import { rowsPerStrip, tiffHeader } from "./tiff.ts";

export const SAMPLE_FORMATS = ["tiff", "png", "jpeg"] as const;
export type SampleFormat = (typeof SAMPLE_FORMATS)[number];

const BY_ENDING: Readonly<Record<string, SampleFormat>> = {
  tif: "tiff",
  tiff: "tiff",
  png: "png",
  jpg: "jpeg",
  jpeg: "jpeg",
};

/** The format that a file name asks for. */
function sampleFormat(path: string): SampleFormat {
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  const format = BY_ENDING[ending];
  if (format === undefined)
    throw new Error(`samples are written as ${SAMPLE_FORMATS.join(", ")}, not as .${ending}`);
  return format;
}

/**
 * Writes the picture to `path` without ever holding it: a few megabytes of rows at a time, whatever its size. JPEG
 * takes gray and RGB with 8 bits, and writes an uncompressed TIFF beside `path` on the way.
 */
export async function writePicture(
  path: string,
  spec: PictureSpec,
  options: { format?: SampleFormat; quality?: number } = {},
): Promise<void> {
  switch (options.format ?? sampleFormat(path)) {
    case "tiff":
      return writeTiff(path, spec);
    case "png":
      return writePng(path, spec);
    case "jpeg":
      return writeJpeg(path, spec, options.quality ?? 92);
  }
}

async function writeTiff(path: string, spec: PictureSpec): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(tiffHeader(spec));
    for (const { bytes } of bands(spec, rowsPerStrip(spec))) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

/** The stream is deflated by another thread while the next rows are made. */
async function writePng(path: string, spec: PictureSpec): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(Buffer.concat([PNG_SIGNATURE, pngHeader(spec)]));
    await pipeline(
      Readable.from(filteredBands(spec), { objectMode: true, highWaterMark: 2 }),
      createDeflate({ level: 1, chunkSize: 2 ** 18 }),
      async (deflated: AsyncIterable<Uint8Array>) => {
        for await (const bytes of deflated) await file.writeFile(pngChunk("IDAT", bytes));
      },
    );
    await file.writeFile(pngChunk("IEND", new Uint8Array(0)));
  } finally {
    await file.close();
  }
}

async function writeJpeg(path: string, spec: PictureSpec, quality: number): Promise<void> {
  if (spec.depth !== 8 || (spec.channels !== 1 && spec.channels !== 3))
    throw new Error("JPEG samples are gray or RGB with 8 bits");
  const raw = `${path}.${process.pid}.tiff`;
  try {
    await writeTiff(raw, spec);
    // Huffman tables made to measure would need all coefficients of the picture in memory.
    await sharp(raw, { limitInputPixels: false, sequentialRead: true })
      .toColourspace(spec.channels === 1 ? "b-w" : "srgb")
      .jpeg({ quality, optimiseCoding: false })
      .toFile(path);
  } finally {
    await rm(raw, { force: true });
  }
}
