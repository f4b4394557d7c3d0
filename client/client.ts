/**
 * The client of a Tessera server, for Bun, Node and browsers. `createClient({ url, key })` has every route of the server
 * as a method by its operation's name, and by hand what takes more than one request or more than JSON.
 *
 * What goes wrong is a `TesseraError`, whose `code` is one of the server's or of the way there (`server_unreachable`,
 * `server_silent`, `server_unlike`); what a server has answered is a `ProblemError`, which knows its status too. Whoever
 * has a signal and uses it gets its reason.
 */

import type { JobView } from "../shared/api/job.ts";
import type { Query } from "../shared/api/route.ts";
import type { JOBS } from "../shared/api/routes/jobs.ts";
import type { UploadView } from "../shared/api/upload.ts";
import { type ErrorCode, TesseraError } from "../shared/errors.ts";
import type { CallOptions, Calls } from "./calls.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { type Download, type DownloadOptions, download } from "./download.ts";
import { type Live, live, type Told, type Topic } from "./live.ts";
import { OPERATIONS } from "./operations.ts";
import type { LiveState } from "./socket.ts";
import { type Image, type SubmitOptions, submit, type Transferred } from "./submit.ts";
import { type Uploaded, type UploadOptions, upload } from "./upload.ts";
import { hasEnded, type Watching, watch, watchAll } from "./watch.ts";

export { ProblemError } from "./problem.ts";
export type {
  CallOptions,
  Calls,
  ConnectionOptions,
  Download,
  DownloadOptions,
  ErrorCode,
  Image,
  JobView,
  Live,
  LiveState,
  SubmitOptions,
  Told,
  Topic,
  Transferred,
  Uploaded,
  UploadOptions,
  UploadView,
  Watching,
};
export { hasEnded, TesseraError };

/** A server, and all that can be asked of it. The routes themselves stand in `Calls`. */
export interface Client extends Calls {
  /** The server's address, which ends with a slash. */
  readonly url: string;
  /**
   * Sends an image and gives the job that it became. What is no stream is sent again where the connection fails; of a
   * large file only the rest. After an abort there is no job.
   *
   * @throws what the server refuses, such as pipeline_invalid, image_unsupported or quota_reached
   */
  submit(image: Image, options?: SubmitOptions): Promise<JobView>;
  /**
   * Sends a file in parts, which can be interrupted and gone on with; `submit` makes a job of it.
   *
   * @throws request_invalid if `resumeFrom` is of another file; what the server refuses
   */
  upload(image: Blob | Uint8Array<ArrayBuffer>, options?: UploadOptions): Promise<UploadView>;
  /** A job as it is now, and then whenever it has changed, until it has ended. @throws job_not_found */
  watch(id: string, options?: { readonly signal?: AbortSignal }): Watching;
  /** All of the caller's jobs that are at work, and those that come: each whenever it has changed, until the signal. */
  watchAll(options?: { readonly signal?: AbortSignal }): Watching;
  /**
   * One socket on which any number of topics are watched; needs a `WebSocket`, as browsers, Bun and Node 22 have.
   *
   * @throws request_invalid for a key that is none
   */
  live(): Live;
  /** A job once it has ended, however it did: its `state` and `error` tell. @throws job_not_found */
  wait(id: string, options?: { readonly signal?: AbortSignal }): Promise<JobView>;
  /** All jobs that a filter takes, the newest first: page by page (of 1 to 1000 jobs), as they are asked for. */
  eachJob(filter?: JobFilter, options?: { readonly page?: number; readonly signal?: AbortSignal }): Watching;
  /** The result of a job that is done. @throws job_not_found, job_not_done, job_result_expired */
  download(id: string, options?: DownloadOptions): Promise<Download>;
}

/** Which jobs of a list, as `GET /v1/jobs` takes it. */
export type JobFilter = Omit<Query<typeof JOBS.listJobs>, "limit" | "cursor">;

/** As many at a time as the list gives. */
const PAGE_MAX = 1000;

async function* eachJob(
  { listJobs }: Calls,
  filter: JobFilter,
  { page: limit = PAGE_MAX, signal }: { readonly page?: number; readonly signal?: AbortSignal } = {},
): Watching {
  let cursor: string | undefined;
  do {
    const page = await listJobs(
      { ...filter, cursor, limit: Math.min(limit, PAGE_MAX) },
      signal && { signal },
    );
    yield* page.jobs;
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}

/** Nothing is asked of the server yet. @throws request_invalid for an address that is none */
export function createClient(options: ConnectionOptions): Client {
  const connection = new Connection(options);
  const calls = Object.fromEntries(
    Object.entries(OPERATIONS).map(([name, operation]) => [
      name,
      (args?: Record<string, unknown>, call?: CallOptions) => connection.call(operation, args, call),
    ]),
  ) as unknown as Calls;
  return {
    ...calls,
    url: connection.url.href,
    submit: (image, how) => submit(connection, image, how),
    upload: (image, how) => upload(connection, image, how),
    watch: (id, how) => watch(connection, id, how?.signal),
    watchAll: (how) => watchAll(connection, how?.signal),
    live: () => live(connection),
    async wait(id, how) {
      let last: JobView | undefined;
      for await (const job of watch(connection, id, how?.signal)) last = job;
      return last!;
    },
    eachJob: (filter, how) => eachJob(calls, filter ?? {}, how),
    download: (id, how) => download(connection, id, how),
  };
}
