import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Static } from "@sinclair/typebox";
import { JOBS, SUBMIT_JSON } from "../../shared/api/routes/jobs.ts";
import { TesseraError } from "../../shared/errors.ts";
import { receiveFrom } from "../accept/fetch.ts";
import { type ReceiveOptions, receiveMultipart, receiveRaw } from "../accept/receive.ts";
import type { JobView } from "../jobs/job.ts";
import type { SubmitRequest } from "../jobs/submission.ts";
import type { Master } from "../master.ts";
import type { Call } from "./route_call.ts";
import { mediaType, readJson, readTexts } from "./values.ts";

export interface SubmitOptions {
  readonly uploadBytesMax: number;
  /** Whether uploads are on the disk before they are answered. */
  readonly durable: boolean;
}

type SubmitCall = Call<typeof JOBS.submitJob>;
type SubmitJson = Omit<Static<typeof SUBMIT_JSON>, "source">;
type Fields = SubmitCall["query"] | SubmitJson;

interface Received {
  /** What the image is called where it comes from. */
  readonly name: string | undefined;
  readonly fields: Fields;
}

/** Streams the image to the disk and makes a job of it. */
export async function submit(call: SubmitCall, master: Master, options: SubmitOptions): Promise<JobView> {
  master.refuseIfFull(call.caller.owner);
  call.noTimeout();
  const id = randomUUID();
  const path = join(master.uploadDir, id);
  const receive = { path, bytesMax: options.uploadBytesMax, sync: options.durable };
  const { name, fields } = await receiveImage(call, master, receive);
  try {
    const source = { path, owned: true, name: cleanName(call.query.name ?? fields.name ?? name ?? "image") };
    const { owner } = call.caller;
    const job = await master.submit({ id, source, owner, ...requestOf({ ...call.query, ...fields }) });
    call.answerHeaders.set("location", `/v1/jobs/${id}`);
    return job;
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  }
}

/** When it throws, nothing is left at the path. */
async function receiveImage(call: SubmitCall, master: Master, options: ReceiveOptions): Promise<Received> {
  const { request } = call;
  const type = mediaType(request);
  if (type === "application/json") return fetchImage(call, master, options);
  const multipart = type === "multipart/form-data";
  if (!multipart && !type.startsWith("image/") && type !== "application/octet-stream")
    throw new TesseraError("content_type_unsupported");
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > options.bytesMax)
    throw new TesseraError("upload_too_large", `At most ${options.bytesMax} bytes are allowed.`);
  if (request.body === null) throw new TesseraError("image_empty");
  const body = call.bytes;
  if (!multipart) return { name: (await receiveRaw(body, options)).name, fields: {} };
  const { name, fields } = await receiveMultipart(body, Object.fromEntries(request.headers), options);
  try {
    return { name, fields: readTexts(JOBS.submitJob.query, fields) };
  } catch (thrown) {
    rmSync(options.path, { force: true });
    throw thrown;
  }
}

async function fetchImage(call: SubmitCall, master: Master, options: ReceiveOptions): Promise<Received> {
  const { request, bytes } = call;
  const { source, ...fields } = await readJson(SUBMIT_JSON, request, bytes);
  const { name } = await receiveFrom(master.outbound, source.url, options, request.signal);
  return { name, fields };
}

function requestOf(fields: Fields): Omit<SubmitRequest, "source"> {
  const { pipeline = "", name: _, profile, tile_size: tileSize, priority, webhook, ...output } = fields;
  return {
    ...{ pipeline, output: output as NonNullable<SubmitRequest["output"]> },
    ...(profile && { profile }),
    ...(tileSize !== undefined && { tileSize }),
    ...(priority !== undefined && { priority }),
    ...(webhook !== undefined && { webhook }),
  };
}

/** A name to be shown: no folders, no control characters, not endless. */
function cleanName(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const shown = base.replace(/[\u0000-\u001f\u007f]/g, "").toWellFormed();
  // Cut between characters: half of one cannot be written into a header.
  return [...shown.replace(/^\.+$/, "")].slice(0, 200).join("") || "image";
}
