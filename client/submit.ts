import type { JobView } from "../shared/api/job.ts";
import type { Query } from "../shared/api/route.ts";
import type { JOBS } from "../shared/api/routes/jobs.ts";
import { TesseraError } from "../shared/errors.ts";
import type { Sendable } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { OPERATIONS } from "./operations.ts";
import { randomId } from "./random_id.ts";
import { upload } from "./upload.ts";

type Asked = Omit<Query<typeof JOBS.submitJob>, "pipeline" | "labels">;

/** What to do with an image, as the route has it, and how to send it. */
export type SubmitOptions = { readonly [K in keyof Asked]: Asked[K] | undefined } & {
  /** As text, or as a list of steps. */
  readonly pipeline?: string | readonly object[] | undefined;
  /** Free texts by name. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The image's media type; a Blob's own if left out. */
  readonly type?: string;
  /** How long a stream is, if that is known: a server can then refuse at once what is too large. */
  readonly bytes?: number;
  /** By it the server knows a repeated request, and makes no second job of it; a random one if left out. */
  readonly idempotencyKey?: string;
  readonly onProgress?: (sent: Transferred) => void;
  readonly signal?: AbortSignal;
};

export interface Transferred {
  readonly bytes: number;
  /** Undefined for a stream of unknown length. */
  readonly total: number | undefined;
}

/** Where the server has an image, or finds it. */
type Source = { readonly url: string } | { readonly upload: string };

/** The image itself, or the address from which the server is to fetch it, or the id of an upload that is whole. */
export type Image = Blob | ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Source;

/** What is larger is sent in parts, and gone on with after a fault; the rest is sooner sent once more. */
const ONE_REQUEST_BYTES = 8 << 20;
const FORGET_MS = 3000;

/**
 * Sends an image, which is never held in memory as a whole unless it is given so. A file on disk is `Bun.file(path)` or
 * Node's `openAsBlob(path)`. What is no stream is sent again if the connection fails, or the rest of it if it is large.
 * After an abort there is no job.
 */
export async function submit(
  connection: Connection,
  image: Image,
  options: SubmitOptions = {},
): Promise<JobView> {
  const isLarge = image instanceof Blob && image.size > ONE_REQUEST_BYTES;
  return isLarge
    ? await submitInParts(connection, image, options)
    : await submitAtOnce(connection, image, options);
}

async function submitInParts(connection: Connection, image: Blob, options: SubmitOptions): Promise<JobView> {
  const { onProgress, signal, ...asked } = options;
  let id: string | undefined;
  const told = (sent: Transferred & { readonly id: string }) => {
    ({ id } = sent);
    onProgress?.({ bytes: sent.bytes, total: sent.total });
  };
  try {
    const whole = await upload(connection, image, { name: asked.name, signal, onProgress: told });
    return await submitAtOnce(connection, { upload: whole.id }, { ...asked, ...(signal && { signal }) });
  } catch (thrown) {
    if (id !== undefined) await forget(connection, id);
    throw thrown;
  }
}

/** In good time, so that the server does not have to: it forgets uploads by itself. */
async function forget(connection: Connection, id: string): Promise<void> {
  const options = { timeoutMs: FORGET_MS, retries: 0 };
  await connection.call(OPERATIONS.deleteUpload, { id }, options).catch(() => {});
}

async function submitAtOnce(connection: Connection, image: Image, options: SubmitOptions): Promise<JobView> {
  const { type, bytes, idempotencyKey, onProgress, signal, ...asked } = options;
  const blob = bodyOf(image, asked);
  const streamed = blob instanceof ReadableStream;
  const total = streamed ? bytes : blob.size;
  let sent = 0;
  const told = (now: number) => {
    signal?.throwIfAborted();
    sent = now;
    onProgress?.({ bytes: sent, total });
  };
  const upload = new AbortController();
  // Once all is sent there may be a job: the answer says which.
  const stop = () => sent !== total && upload.abort(signal?.reason);
  const headers = {
    "content-type": mediaType(type ?? (streamed ? "" : blob.type)),
    "idempotency-key": idempotencyKey ?? randomId(),
    // For streams; of all others `fetch` knows it itself.
    ...(total !== undefined && { "content-length": `${total}` }),
  };
  const args = { ...(isSource(image) ? {} : queryOf(asked)), body: withProgress(blob, told) };
  // An address is answered once the server has fetched from it.
  const call = { headers, timeoutMs: 0, signal: upload.signal };
  told(0);
  signal?.addEventListener("abort", stop);
  try {
    const job = (await connection.call(OPERATIONS.submitJob, args, call)) as JobView;
    if (signal?.aborted) await cancel(connection, job.id);
    signal?.throwIfAborted();
    if (total !== undefined) told(total);
    return job;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function cancel(connection: Connection, id: string): Promise<void> {
  try {
    await connection.call(OPERATIONS.cancelJob, { id });
  } catch (thrown) {
    // It has ended by itself.
    if (!(thrown instanceof TesseraError && thrown.code === "job_not_active")) throw thrown;
  }
}

type Wanted = Omit<SubmitOptions, "type" | "bytes" | "idempotencyKey" | "onProgress" | "signal">;

const isSource = (image: Image): image is Source => "url" in image || "upload" in image;

/** An address is sent as JSON, with all that is wanted. */
function bodyOf(image: Image, wanted: Wanted): Blob | ReadableStream<Uint8Array> {
  if (isSource(image))
    return new Blob([JSON.stringify({ source: { ...image }, ...wanted })], { type: "application/json" });
  return image instanceof Uint8Array ? new Blob([image]) : image;
}

function queryOf({ pipeline, labels, ...wanted }: Wanted): Record<string, unknown> {
  const steps = pipeline === undefined || typeof pipeline === "string" ? pipeline : JSON.stringify(pipeline);
  const list = Object.entries(labels ?? {}).map(([name, value]) => `${name}:${value}`);
  return { ...wanted, pipeline: steps, ...(list.length > 0 && { labels: list }) };
}

const mediaType = (type: string): string =>
  /^image\/.|^application\/json\b/.test(type) ? type : "application/octet-stream";

/** Browsers send files, but no streams over HTTP/1.1, and do not tell how far they are. */
const STREAMS = "process" in globalThis;

function withProgress(image: Blob | ReadableStream<Uint8Array>, told: (sent: number) => void): Sendable {
  if (image instanceof ReadableStream) return counted(image, told);
  return STREAMS ? () => counted(image.stream(), told) : image;
}

function counted(
  stream: ReadableStream<Uint8Array>,
  told: (sent: number) => void,
): ReadableStream<Uint8Array> {
  let sent = 0;
  told(sent);
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sent += chunk.byteLength;
        told(sent);
        controller.enqueue(chunk);
      },
    }),
  );
}
