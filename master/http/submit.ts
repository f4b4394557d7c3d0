import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ReadableStream } from "node:stream/web";
import { JOBS } from "../../shared/api/routes/jobs.ts";
import { TesseraError } from "../../shared/errors.ts";
import { receiveMultipart, receiveRaw } from "../accept/receive.ts";
import type { JobView } from "../jobs/job.ts";
import type { SubmitRequest } from "../jobs/submission.ts";
import type { Master } from "../master.ts";
import type { Call } from "./route_call.ts";
import { readTexts } from "./values.ts";

export interface SubmitOptions {
  readonly uploadBytesMax: number;
  /** Whether uploads are on the disk before they are answered. */
  readonly durable: boolean;
}

type SubmitCall = Call<typeof JOBS.submitJob>;
type Fields = SubmitCall["query"];

/** Streams the image to the disk and makes a job of it. */
export async function submit(call: SubmitCall, master: Master, options: SubmitOptions): Promise<JobView> {
  const { request, query } = call;
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const multipart = type === "multipart/form-data";
  if (!multipart && !type.startsWith("image/") && type !== "application/octet-stream")
    throw new TesseraError("content_type_unsupported");
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > options.uploadBytesMax)
    throw new TesseraError("upload_too_large", `At most ${options.uploadBytesMax} bytes are allowed.`);
  if (request.body === null) throw new TesseraError("image_empty");
  master.refuseIfFull(call.caller.owner);
  call.noTimeout();
  const id = randomUUID();
  const path = join(master.uploadDir, id);
  const receive = { path, bytesMax: options.uploadBytesMax, sync: options.durable };
  const body = request.body as unknown as ReadableStream<Uint8Array>;
  const upload = multipart
    ? await receiveMultipart(body, Object.fromEntries(request.headers), receive)
    : await receiveRaw(body, receive);
  try {
    const asked = { ...query, ...readTexts(JOBS.submitJob.query, upload.fields) };
    const name = query.name ?? asked.name ?? upload.name ?? "image";
    const source = { path, owned: true, name: cleanName(name) };
    const { owner } = call.caller;
    const job = await master.submit({ id, source, owner, ...requestOf(asked) });
    call.answerHeaders.set("location", `/v1/jobs/${id}`);
    return job;
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  }
}

function requestOf(fields: Fields): Omit<SubmitRequest, "source"> {
  const { pipeline = "", name: _, profile, tile_size: tileSize, priority, ...output } = fields;
  return {
    ...{ pipeline, output: output as NonNullable<SubmitRequest["output"]> },
    ...(profile && { profile }),
    ...(tileSize !== undefined && { tileSize }),
    ...(priority !== undefined && { priority }),
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
