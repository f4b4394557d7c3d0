import { TesseraError } from "../shared/errors.ts";

/** A connection that gives nothing for so long is taken for broken; events give a sign of life more often. */
const STALL_MS = 60_000;

/** An answer's bytes as they come. They end early where the connection stalls. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return;
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      timer = setTimeout(() => void reader.cancel().catch(() => {}), STALL_MS);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {}); // it broke already
  }
}

/** Below HTTP anything may go wrong once an answer has begun. */
export const brokenOff = (thrown: unknown): TesseraError =>
  thrown instanceof TesseraError
    ? thrown
    : new TesseraError("server_unreachable", "What it sent broke off.", { cause: thrown });
