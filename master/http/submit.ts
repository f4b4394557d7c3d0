import { createHash, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { JOBS, SUBMIT_JSON } from "../../shared/api/routes/jobs.ts";
import { TesseraError } from "../../shared/errors.ts";
import { receiveFrom } from "../accept/fetch.ts";
import type { ReceiveOptions } from "../accept/receive.ts";
import type { JobView } from "../jobs/job.ts";
import type { Master } from "../master.ts";
import type { Answered } from "../store/idempotency.ts";
import { receiveBody } from "./receive.ts";
import { cleanName, requestOf, type SubmitCall, type SubmitFields } from "./submit_options.ts";
import { mediaType, readJson } from "./values.ts";

export interface SubmitOptions {
  readonly uploadBytesMax: number;
  /** Whether uploads are on the disk before they are answered. */
  readonly durable: boolean;
}

interface Received {
  /** What the image is called where it comes from. */
  readonly name: string | undefined;
  readonly fields: SubmitFields;
}

/**
 * Streams the image to the disk and makes a job of it. With an `Idempotency-Key` the same request makes no second job:
 * it is answered with the first one.
 */
export async function submit(call: SubmitCall, master: Master, options: SubmitOptions): Promise<JobView> {
  const { owner } = call.caller;
  const key = call.headers["idempotency-key"];
  const letGo = key === undefined ? () => {} : master.once.hold(owner, key);
  try {
    const before = key === undefined ? undefined : master.once.answered(owner, key);
    if (before === undefined) master.refuseIfFull(owner);
    const job = await receiveAndSubmit(call, master, options, before);
    call.answerHeaders.set("location", `/v1/jobs/${job.id}`);
    return job;
  } finally {
    letGo();
  }
}

/** @param before what a request with the same key has come to; this one has to be the same */
async function receiveAndSubmit(
  call: SubmitCall,
  master: Master,
  options: SubmitOptions,
  before: Answered | undefined,
): Promise<JobView> {
  call.noTimeout();
  const id = randomUUID();
  const path = join(master.uploadDir, id);
  const digest = createHash("sha256");
  const key = call.headers["idempotency-key"];
  const receive: ReceiveOptions = {
    ...{ path, bytesMax: options.uploadBytesMax, sync: options.durable },
    checkRoom: (bytes) => master.checkRoom(bytes),
    onBytes: key === undefined ? undefined : (bytes) => digest.update(bytes),
  };
  const { name, fields } = await receiveImage(call, master, receive);
  let kept = false;
  try {
    const asked = { ...call.query, ...fields } as SubmitFields;
    const source = { path, owned: true, name: cleanName(call.query.name ?? fields.name ?? name ?? "image") };
    const request = digest.update(JSON.stringify([source.name, Object.entries(asked).sort()])).digest("hex");
    if (before !== undefined) {
      if (before.request !== request) throw new TesseraError("idempotency_key_reused");
      const known = master.job(before.job);
      if (known !== undefined) return known; // else it was deleted while this one came
    }
    const { owner } = call.caller;
    const once = key === undefined ? {} : { once: { key, request } };
    const job = await master.submit({ id, source, owner, ...once, ...requestOf(asked) });
    kept = true;
    return job;
  } finally {
    if (!kept) rmSync(path, { force: true });
  }
}

/** When it throws, nothing is left at the path. */
async function receiveImage(call: SubmitCall, master: Master, options: ReceiveOptions): Promise<Received> {
  const { request } = call;
  const type = mediaType(request);
  if (type === "application/json") return fetchImage(call, master, options);
  return receiveBody(call, JOBS.submitJob.query, options);
}

async function fetchImage(call: SubmitCall, master: Master, options: ReceiveOptions): Promise<Received> {
  const { request, bytes } = call;
  const { source, ...fields } = await readJson(SUBMIT_JSON, request, bytes);
  const { name } = await receiveFrom(master.outbound, source.url, options, request.signal);
  return { name, fields };
}
