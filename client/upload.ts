import type { UploadView } from "../shared/api/upload.ts";
import { asTesseraError, type ErrorCode, TesseraError } from "../shared/errors.ts";
import type { Connection } from "./connection.ts";
import { OPERATIONS } from "./operations.ts";
import { backOffMs, pause, waitBeforeRetryMs } from "./patience.ts";

export interface UploadOptions {
  /** What the image is called; a file's own name if left out. */
  readonly name?: string | undefined;
  /** The id of an upload of the same file that was begun before: goes on with it. */
  readonly resumeFrom?: string | undefined;
  /** Told first when there is an id, and then whenever more has come. */
  readonly onProgress?: ((sent: Uploaded) => void) | undefined;
  /** Ends the sending, not the upload: by its id it can be gone on with, or deleted. */
  readonly signal?: AbortSignal | undefined;
}

export interface Uploaded {
  readonly id: string;
  /** Bytes that the server has for good. */
  readonly bytes: number;
  readonly total: number;
  /** Until when it can be gone on with, if no more comes; RFC 3339. */
  readonly expiresAt: string;
}

/** A part is to take about as long: so progress is seen, and little is sent again. */
const PART_MS = 1000;
const PART_BYTES = { first: 1 << 20, min: 64 << 10, max: 32 << 20 } as const;
/** A part that is not answered by then is broken off; what the server has of it stays there. */
const PART_TIMEOUT_MS = 60_000;
/** In a row, without a byte between them; with the pauses these are a few minutes. */
const FAILURES_MAX = 30;

/** Whose part of a broken connection the server still waits for, or has thrown away. */
const AGAIN: readonly ErrorCode[] = [
  ...(["upload_busy", "upload_offset_wrong", "upload_interrupted", "upload_too_slow"] as const),
];

/**
 * Sends a file in parts. When the connection fails it goes on by itself from what the server has; after an abort, or
 * when it has given up, by `resumeFrom`.
 *
 * @throws request_invalid if `resumeFrom` is of another file; what the server refuses; the signal's reason
 */
export async function upload(
  connection: Connection,
  image: Blob | Uint8Array<ArrayBuffer>,
  { name = nameOf(image), resumeFrom, onProgress, signal }: UploadOptions = {},
): Promise<UploadView> {
  const file = image instanceof Uint8Array ? new Blob([image]) : image;
  const call = { ...(signal && { signal }) };
  const parts = new PartSize();
  let id = resumeFrom;
  let offset = 0;
  for (let failures = 0; ; ) {
    try {
      const found =
        id === undefined ? await begin(connection, file, name, call) : await look(connection, id, call);
      if (found.length !== file.size)
        throw new TesseraError("request_invalid", "The upload was begun with another file.");
      if (found.offset > offset) failures = 0;
      ({ id, offset } = found);
      const about = { id: found.id, total: file.size, expiresAt: found.expires_at };
      const told = () => onProgress?.({ ...about, bytes: offset });
      told();
      while (offset < file.size) {
        const part = file.slice(offset, offset + parts.bytes);
        await parts.timed(() => send(connection, found.id, offset, part, call));
        offset += part.size;
        failures = 0;
        told();
      }
      return { ...found, offset };
    } catch (thrown) {
      signal?.throwIfAborted();
      const again = AGAIN.includes(asTesseraError(thrown).code);
      const waitMs = again ? backOffMs(failures) : waitBeforeRetryMs(thrown, failures, true);
      if (waitMs === undefined || ++failures > FAILURES_MAX) throw thrown;
      await pause(waitMs, signal);
    }
  }
}

/** As much as goes through in about `PART_MS`. */
class PartSize {
  bytes: number = PART_BYTES.first;

  async timed(send: () => Promise<void>): Promise<void> {
    const began = performance.now();
    try {
      await send();
    } catch (thrown) {
      this.scale(1 / 2);
      throw thrown;
    }
    const ms = performance.now() - began;
    if (ms < PART_MS / 2) this.scale(2);
    else if (ms > PART_MS * 2) this.scale(1 / 2);
  }

  private scale(factor: number): void {
    this.bytes = Math.max(PART_BYTES.min, Math.min(PART_BYTES.max, this.bytes * factor));
  }
}

type Call = { readonly signal?: AbortSignal };

async function begin(connection: Connection, file: Blob, name: string, call: Call): Promise<UploadView> {
  const headers = {
    "upload-length": `${file.size}`,
    ...(name !== "" && { "upload-metadata": `filename ${base64(name)}` }),
  };
  return (await connection.call(OPERATIONS.createUpload, {}, { ...call, headers })) as UploadView;
}

const look = async (connection: Connection, id: string, call: Call): Promise<UploadView> =>
  (await connection.call(OPERATIONS.getUpload, { id }, { ...call, retries: 0 })) as UploadView;

async function send(
  connection: Connection,
  id: string,
  offset: number,
  body: Blob,
  call: Call,
): Promise<void> {
  const headers = { "content-type": "application/offset+octet-stream", "upload-offset": `${offset}` };
  const options = { ...call, headers, timeoutMs: PART_TIMEOUT_MS, retries: 0 };
  await connection.call(OPERATIONS.appendUpload, { id, body }, options);
}

const NAME_CHARACTERS = 200;

/** Without folders, which are nobody's business. */
function nameOf(image: Blob | Uint8Array): string {
  const name = "name" in image && typeof image.name === "string" ? image.name : "";
  return name.split(/[\\/]/).at(-1) ?? "";
}

const base64 = (text: string): string => {
  const bytes = new TextEncoder().encode([...text].slice(0, NAME_CHARACTERS).join(""));
  return btoa(String.fromCharCode(...bytes));
};
