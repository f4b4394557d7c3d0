import { TesseraError } from "../../shared/errors.ts";
import { readAvif } from "./avif.ts";
import { FileBytes } from "./bytes.ts";
import { describe } from "./describe.ts";
import { readGif } from "./gif.ts";
import { readJpeg } from "./jpeg.ts";
import { checkLimits } from "./limits.ts";
import { readPng } from "./png.ts";
import { refusePolyglot } from "./polyglot.ts";
import { sniff } from "./sniff.ts";
import { readTiff } from "./tiff.ts";
import type { Header, ImageLimits, ImageType, Probe } from "./types.ts";
import { readWebp } from "./webp.ts";

const READERS: Readonly<Record<ImageType, (file: FileBytes, limits: ImageLimits) => Header>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  avif: readAvif,
  tiff: readTiff,
  gif: readGif,
};

/**
 * Looks at a file's header and decides if the image is let in. Our own code reads first (magic bytes, declared sizes,
 * limits, signs of a second file inside), so that no library's parser sees a file that we would refuse anyway; then
 * the library reads the header, and both must agree. No pixel is decoded.
 *
 * Throws `TesseraError`: image_empty, image_unknown_type, image_type_refused, image_polyglot, image_truncated,
 * image_corrupt, image_header_invalid, image_too_many_pixels, image_side_too_long, image_unbounded_format,
 * image_unsupported; file_not_found.
 */
export async function probe(path: string, limits: ImageLimits): Promise<Probe> {
  const { type, header, bytes } = inspect(path, limits);
  const described = await describe(path, { type, firstFrameEnd: header.firstFrameEnd });
  const { width, height } = described.shape;
  // the canvas of a GIF may grow by its frames, and an AVIF may turn or crop: there the library's size counts
  const exact = type !== "gif" && type !== "avif";
  if (exact && (width !== header.width || height !== header.height))
    throw new TesseraError("image_header_invalid");
  const unbounded = header.unbounded || described.progressive;
  checkLimits({ width, height }, unbounded, limits);
  return {
    type,
    width,
    height,
    shape: described.shape,
    orientation: described.orientation,
    hasIcc: described.hasIcc,
    bytes,
    unbounded,
    firstFrameEnd: header.firstFrameEnd,
    metadata: described.metadata,
  };
}

function inspect(path: string, limits: ImageLimits): { type: ImageType; header: Header; bytes: number } {
  const file = new FileBytes(path);
  try {
    const type = sniff(file.head);
    const header = READERS[type](file, limits);
    checkLimits(header, header.unbounded, limits);
    if (header.bytesMin > file.size) {
      throw new TesseraError("image_header_invalid", "It declares more pixels than its bytes can hold.");
    }
    refusePolyglot(file, header.end);
    return { type, header, bytes: file.size };
  } finally {
    file.close();
  }
}
