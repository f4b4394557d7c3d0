import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Added } from "../../shared/api/batch.ts";
import { type BATCHES, SOURCES_JSON } from "../../shared/api/routes/batches.ts";
import { asTesseraError, type ErrorCode, TesseraError } from "../../shared/errors.ts";
import { receiveFrom } from "../accept/fetch.ts";
import { imageParts } from "../accept/parts.ts";
import { type ReceiveOptions, receiveRaw, type Upload } from "../accept/receive.ts";
import type { JobView } from "../jobs/job.ts";
import type { Master } from "../master.ts";
import type { BatchRecord } from "../store/batches.ts";
import type { Call } from "./route_call.ts";
import type { SubmitOptions } from "./submit.ts";
import { cleanName, requestOf, type SubmitFields } from "./submit_options.ts";
import { bringsForm, mediaType, readJson } from "./values.ts";

type AddCall = Call<typeof BATCHES.addImages>;

/** An image on its way, or an upload. */
type Coming = { readonly name: string | undefined } & (
  | { receive(options: ReceiveOptions): Promise<Upload> }
  | { readonly upload: string }
);

/** Faults that are one image's own: the next one may well be taken. */
const OWN: readonly ErrorCode[] = [
  ...(["upload_too_large", "url_refused", "source_unreachable", "pipeline_unbounded"] as const),
  ...(["upload_not_found", "upload_incomplete", "upload_used", "upload_busy"] as const),
  ...(["output_invalid", "output_too_large"] as const),
];
const isOwn = (code: ErrorCode): boolean => code.startsWith("image_") || OWN.includes(code);

/** Streams images to the disk, one after the other, and makes a job of each. */
export async function addImages(
  call: AddCall,
  master: Master,
  batch: BatchRecord,
  options: SubmitOptions,
): Promise<Added> {
  call.noTimeout();
  const added: Added = { jobs: [], refused: [] };
  let first: TesseraError | undefined;
  const refuse = (name: string, thrown: unknown): TesseraError => {
    const error = asTesseraError(thrown);
    if (error.code === "internal") throw thrown;
    first ??= error;
    added.refused.push({ name, code: error.code, message: error.message });
    return error;
  };
  try {
    for await (const image of await imagesOf(call, master)) {
      const name = cleanName(image.name ?? "image");
      try {
        const job =
          "upload" in image
            ? takeUpload(image, call.caller.owner, batch, master)
            : take(image, batch, master, options);
        added.jobs.push(await job);
      } catch (thrown) {
        if (!isOwn(refuse(name, thrown).code)) break;
      }
    }
  } catch (thrown) {
    refuse("", thrown); // it breaks off between images
  }
  if (added.jobs.length === 0) throw first ?? new TesseraError("image_empty");
  return added;
}

async function imagesOf(
  { request, query, bytes: body }: AddCall,
  master: Master,
): Promise<AsyncIterable<Coming> | Iterable<Coming>> {
  if (mediaType(request) === "application/json") {
    const { sources } = await readJson(SOURCES_JSON, request, body);
    return sources.map((source) => {
      if ("upload" in source) return { name: source.name, upload: source.upload };
      const { url, name = lastOf(url) } = source;
      return { name, receive: (options) => receiveFrom(master.outbound, url, options, request.signal) };
    });
  }
  const form = bringsForm(request);
  if (request.body === null) throw new TesseraError("image_empty");
  if (form) return parts(body, Object.fromEntries(request.headers));
  return [{ name: query.name, receive: (options) => receiveRaw(body, options) }];
}

async function* parts(body: AsyncIterable<Uint8Array>, headers: Record<string, string>) {
  for await (const { name, body: part } of imageParts(body, headers))
    yield { name, receive: (options: ReceiveOptions) => receiveRaw(part, options) };
}

/** When it throws, nothing is left of the image. */
async function take(
  { name, receive }: Exclude<Coming, { upload: string }>,
  { id: batch, owner, options: asked }: BatchRecord,
  master: Master,
  { uploadBytesMax, durable }: SubmitOptions,
): Promise<JobView> {
  const leave = master.batches.enter(batch);
  const id = randomUUID();
  const path = join(master.uploadDir, id);
  try {
    master.refuseIfFull(owner);
    const checkRoom = (bytes: number) => master.checkRoom(bytes);
    await receive({ path, bytesMax: uploadBytesMax, sync: durable, checkRoom });
    const source = { path, owned: true, name: cleanName(name ?? "image") };
    return await master.submit({ ...requestOf(asked as SubmitFields), id, source, owner, batch });
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  } finally {
    leave();
  }
}

/** The upload stays as it is if it becomes no job. */
async function takeUpload(
  { name, upload }: Extract<Coming, { upload: string }>,
  sender: string,
  { id: batch, owner, options: asked }: BatchRecord,
  master: Master,
): Promise<JobView> {
  const leaveBatch = master.batches.enter(batch);
  try {
    const { path, name: own, use, leave } = master.uploads.take(sender, upload);
    try {
      const source = { path, owned: true, name: cleanName(name ?? own ?? "image") };
      return await master.submit({
        ...requestOf(asked as SubmitFields),
        source,
        owner,
        batch,
        alongside: use,
      });
    } finally {
      leave();
    }
  } finally {
    leaveBatch();
  }
}

const lastOf = (url: string): string => URL.parse(url)?.pathname.split("/").at(-1) || "image";
