/** The images that one request brings or names, of which each is to become a job. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type BATCHES, SOURCES_JSON } from "../../../shared/api/routes/batches.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { receiveFrom } from "../../accept/fetch.ts";
import { imageParts } from "../../accept/parts.ts";
import { type ReceiveOptions, receiveRaw } from "../../accept/receive.ts";
import type { Master } from "../../master.ts";
import type { Call } from "../route_call.ts";
import { bringsForm, mediaType, readJson } from "../values.ts";
import type { SubmitOptions } from "./submit.ts";

export type AddCall = Call<typeof BATCHES.addImages>;

/** Of the addresses of one request. */
const FETCHES_AT_ONCE = 8;
/** So long more of them are begun; those who wait for the answer do not do so for ever. */
const FETCHES_BEGIN_MS = 60_000;

/** An image's file as a job takes it over. */
interface ImageFile {
  /** The job's, if that hangs on the file. */
  readonly id?: string;
  readonly path: string;
  /** What it is called where it comes from. */
  readonly name?: string | undefined;
  /** To be called in one transaction with what makes the job. */
  use(job: string): void;
  /** To be called in the end: what has become no job's is gone, or as it was. */
  leave(job: string | undefined): void;
}

export interface Coming {
  readonly name: string | undefined;
  /** By what it is named, if it is not sent itself. */
  readonly named?: string;
  /** @param onBytes given every byte that is sent, in order. When it throws, nothing is left */
  bring(onBytes?: (bytes: Uint8Array) => void): Promise<ImageFile>;
}

/** One after the other as they are sent, or some beside each other. */
export interface Images {
  readonly coming: AsyncIterable<Coming> | Iterable<Coming>;
  readonly atOnce: number;
}

/** @throws request_invalid, content_type_unsupported, image_empty */
export async function imagesOf(call: AddCall, master: Master, options: SubmitOptions): Promise<Images> {
  const { request, query, bytes: body } = call;
  if (mediaType(request) === "application/json") return namedImages(call, master, options);
  const form = bringsForm(request);
  if (request.body === null) throw new TesseraError("image_empty");
  const sent = (name: string | undefined, bytes: AsyncIterable<Uint8Array>): Coming => ({
    name,
    bring: (onBytes) => toDisk(master, options, onBytes, (how) => receiveRaw(bytes, how)),
  });
  if (!form) return { coming: [sent(query.name, body)], atOnce: 1 };
  const parts = async function* () {
    const headers = Object.fromEntries(request.headers);
    for await (const part of imageParts(body, headers)) yield sent(part.name, part.body);
  };
  return { coming: parts(), atOnce: 1 };
}

async function namedImages(call: AddCall, master: Master, options: SubmitOptions): Promise<Images> {
  const { sources } = await readJson(SOURCES_JSON, call.request, call.bytes);
  const beginFetch = fetchesFor(options.fetchesBeginMs ?? FETCHES_BEGIN_MS);
  const coming = sources.map((source): Coming => {
    if ("upload" in source) {
      const { name, upload } = source;
      const bring = async () => master.uploads.take(call.caller.owner, upload);
      return { name, named: `upload ${upload}`, bring };
    }
    const { url, name = lastOf(url) } = source;
    const bring = async () => {
      beginFetch();
      return toDisk(master, options, undefined, (how) =>
        receiveFrom(master.outbound, { address: url, owner: call.caller.owner }, how, call.request.signal),
      );
    };
    return { name, named: url, bring };
  });
  // Uploads are here already, and of one that is named twice the first is to have it.
  const fetched = sources.every((source) => "url" in source);
  return { coming, atOnce: fetched ? FETCHES_AT_ONCE : 1 };
}

/** The first few are begun in any case, so that a request which is repeated comes to its end. */
function fetchesFor(ms: number): () => void {
  const since = performance.now();
  let begun = 0;
  return () => {
    if (begun++ >= FETCHES_AT_ONCE && performance.now() - since >= ms)
      throw new TesseraError("fetch_postponed");
  };
}

async function toDisk(
  master: Master,
  { uploadBytesMax, durable }: SubmitOptions,
  onBytes: ReceiveOptions["onBytes"],
  receive: (options: ReceiveOptions) => Promise<unknown>,
): Promise<ImageFile> {
  const id = randomUUID();
  const path = join(master.uploadDir, id);
  const checkRoom = (bytes: number) => master.checkRoom(bytes);
  await receive({ path, bytesMax: uploadBytesMax, sync: durable, checkRoom, onBytes });
  return {
    ...{ id, path },
    use() {},
    leave(job) {
      if (job === undefined) rmSync(path, { force: true });
    },
  };
}

const lastOf = (url: string): string => URL.parse(url)?.pathname.split("/").at(-1) || "image";
