import { closeSync, openSync, readSync } from "node:fs";
import { TesseraError } from "../../shared/errors.ts";
import type { ImageType } from "../probe/types.ts";

const GIF_TRAILER = 0x3b;

/** What to give the decoder: the file; of an animation only its beginning with the first frame, made whole. */
export interface Source {
  readonly type: ImageType;
  readonly firstFrameEnd: number | undefined;
}

/**
 * The library looks at every frame of an animation before it decodes the first, and its time for that grows with the
 * square of their number: a 5-MB WebP of 100,000 frames took it 13 s. Later frames are never used, so it does not get
 * to see them. The probe has bounded the first frame's length.
 */
export function decoderInput(path: string, { type, firstFrameEnd }: Source): string | Buffer {
  if (firstFrameEnd === undefined) return path;
  const bytes = Buffer.alloc(firstFrameEnd + (type === "gif" ? 1 : 0));
  const fd = openSync(path, "r");
  try {
    for (let got = 0; got < firstFrameEnd; ) {
      const n = readSync(fd, bytes, got, firstFrameEnd - got, got);
      if (n === 0) throw new TesseraError("image_truncated");
      got += n;
    }
  } finally {
    closeSync(fd);
  }
  if (type === "gif") bytes[firstFrameEnd] = GIF_TRAILER;
  else bytes.writeUInt32LE(firstFrameEnd - 8, 4); // RIFF's own length
  return bytes;
}
