import type { PreviewFormat } from "../../shared/api/routes/pictures.ts";
import { decodeError } from "../codec/errors.ts";
import { withDecoderInput } from "../codec/input.ts";
import { failOnOf, loadSharp } from "../codec/sharp.ts";
import type { ImageType } from "../probe/types.ts";
import { GROUND, QUICK } from "./encode.ts";
import type { PictureFile } from "./job_views.ts";

interface Wanted {
  readonly size: number;
  readonly format: PreviewFormat;
  readonly quality: number;
  readonly pixelsMax: number;
}

/**
 * A small picture straight from a file that has been let in, upright, in sRGB: decoders that can, decode no more of it
 * than it takes. @throws what decoding throws
 */
export async function thumbnail(
  { path, type, firstFrameEnd }: PictureFile,
  { size, format, quality, pixelsMax }: Wanted,
): Promise<Uint8Array<ArrayBuffer>> {
  const sharp = await loadSharp();
  try {
    const known = type as ImageType;
    return await withDecoderInput(path, { type: known, firstFrameEnd }, async (input) => {
      const image = sharp(input, {
        ...{ limitInputPixels: pixelsMax, sequentialRead: true, failOn: failOnOf(known), autoOrient: true },
      })
        .resize({ width: size, height: size, fit: "inside", withoutEnlargement: true })
        .toColourspace("srgb");
      if (format === "jpeg") image.flatten({ background: GROUND });
      return new Uint8Array(await image.toFormat(format, QUICK[format](quality)).toBuffer());
    });
  } catch (thrown) {
    throw decodeError(thrown);
  }
}
