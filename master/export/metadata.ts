import { colourChannels, type Shape } from "../../shared/geometry.ts";
import { iccFits } from "../codec/icc.ts";
import type { ImageMetadata } from "../probe/types.ts";
import { uprightExif } from "./exif.ts";
import type { OutputSpec } from "./output.ts";

/** An XMP packet's own copy of the orientation. */
const XMP_ORIENTATION = /(tiff:Orientation(?:="|='|>))[2-8]/g;

/**
 * What of the source's metadata goes into a result. The pixels have been turned upright, so EXIF and XMP say so; a
 * profile goes along whenever the pixels are in it, but not where an op made gray of colour.
 */
export function writtenMetadata(metadata: ImageMetadata, spec: OutputSpec, shape: Shape): ImageMetadata {
  const keep = spec.metadata === "keep";
  const { exif, icc, xmp } = metadata;
  return {
    exif: keep && exif !== undefined ? uprightExif(exif) : undefined,
    icc: icc !== undefined && iccFits(icc, colourChannels(shape)) ? icc : undefined,
    xmp: keep && xmp !== undefined ? uprightXmp(xmp) : undefined,
  };
}

const uprightXmp = (xmp: Buffer): Buffer =>
  Buffer.from(
    xmp.toString("latin1").replace(XMP_ORIENTATION, (_, before: string) => `${before}1`),
    "latin1",
  );
