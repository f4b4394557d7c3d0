import type { ReadableStream } from "node:stream/web";
import { TesseraError } from "../../shared/errors.ts";

/** How much of a body has to come, and in what time. */
export interface Pace {
  readonly bytes: number;
  readonly everyMs: number;
}

/** A look that comes later than this, in lengths of its time, tells of a process that stood still itself. */
const LATE = 1.2;

/**
 * A body's bytes as they come, however long that takes, as long as they do come: whoever sends next to nothing does not
 * keep a place. The time that our own side takes does not count, nor does a standstill of this process.
 *
 * @param ended aborted when no more is wanted
 * @throws upload_too_slow, the signal's reason
 */
export async function* steadily(
  body: ReadableStream<Uint8Array> | null,
  { bytes, everyMs }: Pace,
  ended?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let came = 0;
  let waiting = false;
  let tooSlow = false;
  const cancel = () => void reader.cancel().catch(() => {}); // it is over, however it ended
  let looked = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    const isLate = now - looked > LATE * everyMs;
    looked = now;
    if (waiting && came < bytes && !isLate) {
      tooSlow = true;
      cancel();
    }
    came = 0;
  }, everyMs);
  ended?.addEventListener("abort", cancel);
  try {
    for (;;) {
      waiting = true;
      const { done, value } = await reader.read();
      waiting = false;
      ended?.throwIfAborted();
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
    ended?.removeEventListener("abort", cancel);
    cancel();
  }
}
