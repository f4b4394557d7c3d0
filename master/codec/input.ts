import { open } from "node:fs/promises";
import { TesseraError } from "../../shared/errors.ts";
import type { ImageType } from "../probe/types.ts";
import { ByteTurns } from "./byte_turns.ts";

const GIF_TRAILER = 0x3b;
/** Of first frames in memory. One may be as large as the pixels that it can hold, and anybody may send several at once. */
const HELD_BYTES_MAX = 64 << 20;

const turns = new ByteTurns(HELD_BYTES_MAX);

/** What to give the decoder: the file; of an animation only its beginning with the first frame, made whole. */
export interface Source {
  readonly type: ImageType;
  readonly firstFrameEnd: number | undefined;
}

/**
 * The library looks at every frame of an animation before it decodes the first, and its time for that grows with the
 * square of their number: a 5-MB WebP of 100,000 frames took it 13 s. Later frames are never used, so it does not get
 * to see them. The probe has bounded the first frame's length; `decode` is called once there is room for it.
 *
 * @throws image_truncated, and what `decode` throws
 */
export function withDecoderInput<T>(
  path: string,
  source: Source,
  decode: (input: string | Buffer) => Promise<T>,
): Promise<T> {
  const { type, firstFrameEnd } = source;
  if (firstFrameEnd === undefined) return decode(path);
  return turns.run(firstFrameEnd, async () => {
    const bytes = await firstFrame(path, type, firstFrameEnd);
    try {
      return await decode(bytes);
    } finally {
      bytes.buffer.transfer(0); // freed now, not when garbage is collected
    }
  });
}

async function firstFrame(path: string, type: ImageType, end: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.alloc(end + (type === "gif" ? 1 : 0));
  await using file = await open(path, "r");
  for (let got = 0; got < end; ) {
    const { bytesRead } = await file.read(bytes, got, end - got, got);
    if (bytesRead === 0) throw new TesseraError("image_truncated");
    got += bytesRead;
  }
  if (type === "gif") bytes[end] = GIF_TRAILER;
  else bytes.writeUInt32LE(end - 8, 4); // RIFF's own length
  return bytes;
}
