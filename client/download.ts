import { TesseraError } from "../shared/errors.ts";
import { brokenOff, chunksOf } from "./bytes.ts";
import type { Connection } from "./connection.ts";
import { OPERATIONS } from "./operations.ts";
import { pause, waitBeforeRetryMs } from "./patience.ts";
import type { Transferred } from "./submit.ts";

export interface DownloadOptions {
  readonly onProgress?: (received: Transferred) => void;
  readonly signal?: AbortSignal;
}

/** A file on its way. */
export interface Download {
  /** As the server calls it; no folders in it. */
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  /** To be read once. If the connection fails in the middle, it goes on where it was. */
  readonly stream: ReadableStream<Uint8Array>;
}

/** In a row, without a byte between them. */
const FAILURES_MAX = 5;

/** The result of a job that is done. @throws job_not_found, job_not_done */
export async function download(
  connection: Connection,
  id: string,
  options: DownloadOptions = {},
): Promise<Download> {
  const { signal } = options;
  const ask = (headers: Record<string, string>) =>
    connection.call(
      OPERATIONS.getResult,
      { id },
      { headers, ...(signal && { signal }) },
    ) as Promise<Response>;
  // A packed answer would have another length than the file.
  const first = await ask({ "accept-encoding": "identity" });
  const file = {
    ask,
    etag: first.headers.get("etag") ?? "",
    bytes: Number(first.headers.get("content-length") ?? Number.NaN),
  };
  if (!Number.isSafeInteger(file.bytes))
    throw new TesseraError("server_unlike", "It does not say how long the file is.");
  return {
    name: nameIn(first.headers.get("content-disposition") ?? "") ?? id,
    type: first.headers.get("content-type") ?? "application/octet-stream",
    bytes: file.bytes,
    stream: streamOf(chunks(file, first, options)),
  };
}

interface File {
  readonly ask: (headers: Record<string, string>) => Promise<Response>;
  readonly etag: string;
  readonly bytes: number;
}

async function* chunks(file: File, first: Response, { onProgress, signal }: DownloadOptions) {
  let received = 0;
  let failures = 0;
  let response: Response | undefined = first;
  while (received < file.bytes) {
    try {
      response ??= await rest(file, received);
      for await (const chunk of chunksOf(response)) {
        failures = 0;
        received += chunk.byteLength;
        if (received > file.bytes) throw new TesseraError("server_unlike", "It sent more than the file has.");
        onProgress?.({ bytes: received, total: file.bytes });
        yield chunk;
      }
      if (received < file.bytes) throw new TesseraError("server_unreachable", "The file broke off.");
    } catch (thrown) {
      signal?.throwIfAborted();
      const waitMs = waitBeforeRetryMs(brokenOff(thrown), failures, true);
      if (waitMs === undefined || ++failures >= FAILURES_MAX) throw brokenOff(thrown);
      await pause(waitMs, signal);
    }
    response = undefined;
  }
}

/** What is missing of the same file. */
async function rest({ ask, etag }: File, received: number): Promise<Response> {
  const response = await ask({ range: `bytes=${received}-`, "accept-encoding": "identity" });
  const begin = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (response.status === 206 && Number(begin) === received && response.headers.get("etag") === etag)
    return response;
  await response.body?.cancel();
  throw new TesseraError("server_unlike", "The file has changed while it was downloaded. Begin again.");
}

const streamOf = (source: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await source.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );

/** RFC 6266: the name by its long form, whatever characters it has. Only its last part: it may become a path. */
function nameIn(disposition: string): string | undefined {
  const long = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  const short = /filename="([^"]*)"/i.exec(disposition)?.[1];
  let name = short;
  try {
    if (long !== undefined) name = decodeURIComponent(long);
  } catch {
    // not as it has to be; the short form will do
  }
  const last = name?.split(/[\\/\0]/).at(-1);
  return last === undefined || /^\.*$/.test(last) ? undefined : last;
}
