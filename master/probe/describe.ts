import type { Metadata } from "sharp";
import { TesseraError } from "../../shared/errors.ts";
import type { Channels, Shape } from "../../shared/geometry.ts";
import { colourChannels } from "../../shared/geometry.ts";
import { decodeError } from "../codec/errors.ts";
import { iccFits } from "../codec/icc.ts";
import { type Source, withDecoderInput } from "../codec/input.ts";
import { failOnOf, loadSharp } from "../codec/sharp.ts";
import type { ImageMetadata, Orientation } from "./types.ts";

export interface Description {
  readonly shape: Shape;
  readonly orientation: Orientation;
  readonly hasIcc: boolean;
  readonly progressive: boolean;
  readonly metadata: ImageMetadata;
}

/** What the library says of the file. It reads the header only. Throws `TesseraError` as decoders fail. */
export async function describe(path: string, source: Source): Promise<Description> {
  const sharp = await loadSharp();
  let found: Metadata;
  try {
    // sizes were checked before, by our own limits; the library's would only say the same in worse words
    found = await withDecoderInput(path, source, (input) =>
      sharp(input, { limitInputPixels: false, failOn: failOnOf(source.type) }).metadata(),
    );
  } catch (thrown) {
    throw decodeError(thrown);
  }
  const format: string = found.format === "heif" ? "avif" : found.format;
  if (format !== source.type) throw new TesseraError("image_header_invalid");
  const shape = shapeOf(found);
  return {
    shape,
    orientation: orientationOf(found.orientation),
    hasIcc: found.icc !== undefined,
    progressive: found.isProgressive === true,
    metadata: metadataOf(found, shape),
  };
}

/**
 * What we decode to: palettes and samples under 8 bits become 8, CMYK becomes RGB. Floating-point, signed and 32-bit
 * samples are refused rather than squeezed: their range has no meaning that we could know.
 */
function shapeOf({ width, height, channels, depth, space }: Metadata): Shape {
  if (depth !== "uchar" && depth !== "ushort") {
    throw new TesseraError("image_unsupported", "Only samples of 8 and 16 bits without sign are read.");
  }
  const cmyk = space === "cmyk";
  if (cmyk && (channels as number) !== 4)
    throw new TesseraError("image_unsupported", "CMYK with alpha is not read.");
  if (!cmyk && !["b-w", "srgb", "rgb", "rgb16", "grey16"].includes(space)) {
    throw new TesseraError("image_unsupported", "Its colour model is not read.");
  }
  const count: number = cmyk ? 3 : channels;
  if (count < 1 || count > 4) throw new TesseraError("image_unsupported", `It has ${count} channels.`);
  // the conversion from CMYK gives 8 bits whatever the depth was
  return { width, height, channels: count as Channels, depth: depth === "ushort" && !cmyk ? 16 : 8 };
}

function orientationOf(value: number | undefined): Orientation {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= 8
    ? (value as Orientation)
    : 1;
}

const EXIF_PREFIX = "Exif\0\0";

function metadataOf({ exif, icc, xmp, space }: Metadata, shape: Shape): ImageMetadata {
  const prefixed = exif?.subarray(0, EXIF_PREFIX.length).toString("latin1") === EXIF_PREFIX;
  const fits = icc !== undefined && space !== "cmyk" && iccFits(icc, colourChannels(shape));
  return {
    exif: prefixed ? exif?.subarray(EXIF_PREFIX.length) : exif,
    icc: fits ? icc : undefined,
    xmp,
  };
}
