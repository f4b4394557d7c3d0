import { createHash, type Hash, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Static } from "@sinclair/typebox";
import { JOBS, SUBMIT_JSON } from "../../../shared/api/routes/jobs.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { receiveFrom } from "../../accept/fetch.ts";
import type { ReceiveOptions } from "../../accept/receive.ts";
import type { JobView } from "../../jobs/job.ts";
import type { SubmitRequest } from "../../jobs/submission.ts";
import type { Master } from "../../master.ts";
import type { Answered } from "../../store/idempotency.ts";
import { mediaType, readJson } from "../values.ts";
import { receiveBody } from "./receive.ts";
import { cleanName, requestOf, type SubmitCall, type SubmitFields } from "./submit_options.ts";

export interface SubmitOptions {
  readonly uploadBytesMax: number;
  /** Whether uploads are on the disk before they are answered. */
  readonly durable: boolean;
  /** How long one request may begin to fetch images for a batch. */
  readonly fetchesBeginMs?: number;
}

type Json = Static<typeof SUBMIT_JSON>;

/** A request that may have been made before. */
interface Request {
  readonly call: SubmitCall;
  readonly master: Master;
  readonly key: string | undefined;
  /** What a request with the same key has come to; this one has to be the same. */
  readonly before: Answered | undefined;
}

/**
 * Streams the image to the disk, or takes an upload, and makes a job of it. With an `Idempotency-Key` the same request
 * makes no second job: it is answered with the first one.
 */
export async function submit(call: SubmitCall, master: Master, options: SubmitOptions): Promise<JobView> {
  const { owner } = call.caller;
  const key = call.headers["idempotency-key"];
  const letGo = key === undefined ? () => {} : master.once.hold(owner, key);
  try {
    const before = key === undefined ? undefined : master.once.answered(owner, key);
    const job = await take({ call, master, key, before }, options);
    call.answerHeaders.set("location", `/v1/jobs/${job.id}`);
    return job;
  } finally {
    letGo();
  }
}

async function take(request: Request, options: SubmitOptions): Promise<JobView> {
  const { call, master, before } = request;
  const isJson = mediaType(call.request) === "application/json";
  const json = isJson ? await readJson(SUBMIT_JSON, call.request, call.bytes) : undefined;
  if (json !== undefined && "upload" in json.source) return submitUpload(request, json.source.upload, json);
  if (before === undefined) master.refuseIfFull(call.caller.owner);
  return receiveAndSubmit(request, json, options);
}

async function receiveAndSubmit(
  request: Request,
  json: Json | undefined,
  options: SubmitOptions,
): Promise<JobView> {
  const { call, master, key } = request;
  call.noTimeout();
  const id = randomUUID();
  const path = join(master.uploadDir, id);
  const digest = createHash("sha256");
  const receive: ReceiveOptions = {
    ...{ path, bytesMax: options.uploadBytesMax, sync: options.durable },
    checkRoom: (bytes) => master.checkRoom(bytes),
    onBytes: key === undefined ? undefined : (bytes) => digest.update(bytes),
  };
  const { name, fields } = await receiveImage(call, json, master, receive);
  let kept = false;
  try {
    const asked = { ...call.query, ...fields } as SubmitFields;
    const source = { path, owned: true, name: cleanName(asked.name ?? name ?? "image") };
    const text = digestOf(digest.update(JSON.stringify(source.name)), asked);
    const known = answeredBefore(request, text);
    if (known !== undefined) return known;
    const job = await master.submit({
      id,
      ...jobOf(request, source, asked),
      alongside: noting(request, text),
    });
    kept = true;
    return job;
  } finally {
    if (!kept) rmSync(path, { force: true });
  }
}

/** The file stays where it is; it is the upload's as long as there is no job. */
async function submitUpload(request: Request, id: string, json: Json): Promise<JobView> {
  const { call, master } = request;
  const { source: _, ...fields } = json;
  const asked = { ...call.query, ...fields } as SubmitFields;
  const text = digestOf(createHash("sha256").update(`upload ${id}`), asked);
  const known = answeredBefore(request, text);
  if (known !== undefined) return known;
  const { path, name, use, leave } = master.uploads.take(call.caller.owner, id);
  try {
    const source = { path, owned: true, name: cleanName(asked.name ?? name ?? "image") };
    const note = noting(request, text);
    const alongside = (job: string) => void [note(job), use(job)];
    return await master.submit({ ...jobOf(request, source, asked), alongside });
  } finally {
    leave();
  }
}

const digestOf = (digest: Hash, asked: SubmitFields): string =>
  digest.update(JSON.stringify(Object.entries(asked).sort())).digest("hex");

/** @throws idempotency_key_reused */
function answeredBefore({ master, before }: Request, text: string): JobView | undefined {
  if (before === undefined) return undefined;
  if (before.request !== text) throw new TesseraError("idempotency_key_reused");
  return master.job(before.job); // it may have been deleted while this one came
}

const noting =
  ({ call, master, key }: Request, text: string) =>
  (job: string): void => {
    if (key !== undefined) master.once.note(call.caller.owner, key, { job, request: text });
  };

const jobOf = ({ call }: Request, source: SubmitRequest["source"], asked: SubmitFields) => ({
  ...{ source, owner: call.caller.owner },
  ...requestOf(asked),
});

/** When it throws, nothing is left at the path. */
async function receiveImage(
  call: SubmitCall,
  json: Json | undefined,
  master: Master,
  options: ReceiveOptions,
): Promise<{ name: string | undefined; fields: SubmitFields }> {
  if (json === undefined) return receiveBody(call, JOBS.submitJob.query, options);
  const { source, ...fields } = json;
  const { url } = source as Extract<Json["source"], { url: string }>;
  const { name } = await receiveFrom(
    master.outbound,
    { address: url, owner: call.caller.owner },
    options,
    call.request.signal,
  );
  return { name, fields };
}
