/**
 * The client of a Tessera server, for Bun, Node and browsers. `createClient({ url, key })` has every route of the server
 * as a method by its operation's name, and by hand what takes more than one request or more than JSON.
 */

import type { JobView } from "../shared/api/job.ts";
import { ROUTES } from "../shared/api/routes.ts";
import type { CallOptions, Calls } from "./calls.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { type Download, type DownloadOptions, download } from "./download.ts";
import { type Image, type SubmitOptions, submit } from "./submit.ts";
import { hasEnded, type Watching, watch, watchAll } from "./watch.ts";

export { ProblemError } from "./problem.ts";
export type { CallOptions, ConnectionOptions, Download, DownloadOptions, Image, JobView, SubmitOptions };
export { hasEnded };

export interface Client extends Calls {
  readonly url: string;
  /** Sends an image and gives the job that it became. */
  submit(image: Image, options?: SubmitOptions): Promise<JobView>;
  /** A job as it is now, and then whenever it has changed, until it has ended. */
  watch(id: string, options?: { readonly signal?: AbortSignal }): Watching;
  /** All of the caller's jobs that are at work, and those that come: each whenever it has changed, until the signal. */
  watchAll(options?: { readonly signal?: AbortSignal }): Watching;
  /** A job once it has ended, however it did. */
  wait(id: string, options?: { readonly signal?: AbortSignal }): Promise<JobView>;
  /** The result of a job that is done. */
  download(id: string, options?: DownloadOptions): Promise<Download>;
}

/** Nothing is asked of the server yet. @throws request_invalid for an address that is none */
export function createClient(options: ConnectionOptions): Client {
  const connection = new Connection(options);
  const calls = Object.fromEntries(
    Object.entries(ROUTES).map(([operation, route]) => [
      operation,
      (args?: Record<string, unknown>, call?: CallOptions) => connection.call(route, args, call),
    ]),
  ) as unknown as Calls;
  return {
    ...calls,
    url: connection.url.href,
    submit: (image, how) => submit(connection, image, how),
    watch: (id, how) => watch(connection, id, how?.signal),
    watchAll: (how) => watchAll(connection, how?.signal),
    async wait(id, how) {
      let last: JobView | undefined;
      for await (const job of watch(connection, id, how?.signal)) last = job;
      return last!;
    },
    download: (id, how) => download(connection, id, how),
  };
}
