import { appendFile, truncate } from "node:fs/promises";
import { type Canvas, canvasBytes } from "../canvas/canvas.ts";
import type { ImageMetadata } from "../probe/types.ts";

/**
 * Puts metadata behind a canvas' pixels, in the form of XML that libvips' own files have there, so that its encoders
 * write them in each format's way. The pixels are not touched, and a canvas is read without looking there. Source:
 * libvips, `libvips/iofuncs/vips.c`.
 */
export async function attachMetadata(canvas: Canvas, { exif, icc, xmp }: ImageMetadata): Promise<void> {
  await truncate(canvas.path, canvasBytes(canvas.shape)); // what an earlier try left
  const fields = [
    // libvips keeps EXIF with JPEG's prefix whatever the format
    field("exif-data", exif && Buffer.concat([Buffer.from("Exif\0\0", "latin1"), exif])),
    field("icc-profile-data", icc),
    field("xmp-data", xmp),
  ].join("");
  if (fields === "") return;
  const root = '<root xmlns="http://www.vips.ecs.soton.ac.uk/vips/8.18.0">';
  await appendFile(
    canvas.path,
    `<?xml version="1.0"?>\n${root}\n<header></header>\n<meta>\n${fields}</meta>\n</root>\n`,
  );
}

const field = (name: string, blob: Buffer | undefined): string =>
  blob === undefined ? "" : `<field type="VipsBlob" name="${name}">${blob.toString("base64")}</field>\n`;
