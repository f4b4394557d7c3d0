import { TesseraError } from "../../shared/errors.ts";
import type { Size } from "../../shared/geometry.ts";
import type { ImageLimits } from "./types.ts";

/** Of what a file has beside its pixels: profiles, EXIF, XMP. Libraries hold all of it, some of them several times. */
export const METADATA_BYTES_MAX = 16 * 2 ** 20;

/** Throws `image_unsupported` for more than that. */
export function checkMetadata(bytes: number): void {
  if (bytes > METADATA_BYTES_MAX)
    throw new TesseraError(
      "image_unsupported",
      `At most ${METADATA_BYTES_MAX} bytes of profiles and other metadata are read.`,
    );
}

/** Throws when the size is none, or above what is let in. */
export function checkLimits({ width, height }: Size, unbounded: boolean, limits: ImageLimits): void {
  const size = `It is ${width} × ${height}`;
  if (width < 1 || height < 1)
    throw new TesseraError("image_header_invalid", "A side of 0 pixels is declared.");
  if (Math.max(width, height) > limits.sideMax) {
    throw new TesseraError("image_side_too_long", `${size}; the longest side taken is ${limits.sideMax}.`);
  }
  const pixels = width * height;
  if (pixels > limits.pixelsMax) {
    throw new TesseraError("image_too_many_pixels", `${size}; at most ${limits.pixelsMax} pixels are taken.`);
  }
  if (unbounded && pixels > limits.unboundedPixelsMax) {
    throw new TesseraError(
      "image_unbounded_format",
      `${size}; at most ${limits.unboundedPixelsMax} pixels are taken of this kind.`,
    );
  }
}
