import type { ReadableStream } from "node:stream/web";
import { TesseraError } from "../../shared/errors.ts";

/** How much of a body has to come, and in what time. */
export interface Pace {
  readonly bytes: number;
  readonly everyMs: number;
}

/**
 * A body's bytes as they come, however long that takes, as long as they do come: whoever sends next to nothing does not
 * keep a place. The time that our own side takes does not count.
 *
 * @throws upload_too_slow
 */
export async function* steadily(
  body: ReadableStream<Uint8Array> | null,
  { bytes, everyMs }: Pace,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let came = 0;
  let waiting = false;
  let tooSlow = false;
  const watch = setInterval(() => {
    if (waiting && came < bytes) {
      tooSlow = true;
      reader.cancel().catch(() => {}); // it is over, however it ended
    }
    came = 0;
  }, everyMs);
  try {
    for (;;) {
      waiting = true;
      const { done, value } = await reader.read();
      waiting = false;
      if (tooSlow)
        throw new TesseraError(
          "upload_too_slow",
          `At least ${bytes} bytes in ${everyMs / 1000} s have to come.`,
        );
      if (done) return;
      came += value.byteLength;
      yield value;
    }
  } finally {
    clearInterval(watch);
    reader.cancel().catch(() => {});
  }
}
