import { createHash } from "node:crypto";
import type { Added } from "../../../shared/api/batch.ts";
import { asTesseraError, type ErrorCode, TesseraError } from "../../../shared/errors.ts";
import type { JobView } from "../../jobs/job.ts";
import type { Master } from "../../master.ts";
import type { BatchRecord } from "../../store/batches.ts";
import { type AddCall, type Coming, imagesOf } from "./coming_images.ts";
import { inTurn } from "./in_turn.ts";
import type { SubmitOptions } from "./submit.ts";
import { cleanName, requestOf, type SubmitFields } from "./submit_options.ts";

/** A request, and what is to become of its images. */
interface Adding {
  readonly master: Master;
  readonly batch: BatchRecord;
  /** The same for the same request; with an image's place it stands for that image. */
  readonly key: string | undefined;
}

type Outcome = { readonly job: string } | { readonly name: string; readonly error: TesseraError };

/** What became of images, with the ids of their jobs. */
interface TakenIn {
  readonly jobs: string[];
  readonly refused: Added["refused"];
}

/** Faults that are one image's own: the next one may well be taken. */
const OWN: readonly ErrorCode[] = [
  ...(["upload_too_large", "url_refused", "source_unreachable", "pipeline_unbounded"] as const),
  ...(["upload_not_found", "upload_incomplete", "upload_used", "upload_busy"] as const),
  ...(["output_invalid", "output_too_large", "fetch_postponed"] as const),
];
const isOwn = (code: ErrorCode): boolean => code.startsWith("image_") || OWN.includes(code);

const shownName = (name: string | undefined): string => cleanName(name ?? "image");

/**
 * Makes a job of each image that a request brings or names. With an `Idempotency-Key` each of them becomes one job,
 * however often the request is sent: one that broke off, or had no time for all of its addresses, goes on.
 */
export async function addImages(
  call: AddCall,
  master: Master,
  batch: BatchRecord,
  options: SubmitOptions,
): Promise<TakenIn> {
  call.noTimeout();
  const asked = call.headers["idempotency-key"];
  const key = asked === undefined ? undefined : `${batch.id} ${asked}`;
  const letGo = key === undefined ? () => {} : master.once.hold(batch.owner, key);
  try {
    return addedBy(await takeAll(call, options, { master, batch, key }));
  } finally {
    letGo();
  }
}

async function takeAll(call: AddCall, options: SubmitOptions, adding: Adding): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const note = (place: number, name: string, thrown: unknown): ErrorCode => {
    const error = asTesseraError(thrown);
    if (error.code === "internal") throw thrown;
    outcomes[place] = { name, error };
    return error.code;
  };
  try {
    const { coming, atOnce } = await imagesOf(call, adding.master, options);
    await inTurn(coming, atOnce, async (image, place) => {
      try {
        outcomes[place] = { job: (await take(image, place, adding)).id };
        return true;
      } catch (thrown) {
        return isOwn(note(place, shownName(image.name), thrown));
      }
    });
  } catch (thrown) {
    note(outcomes.length, "", thrown); // it breaks off between images
  }
  return outcomes;
}

/** @throws what was wrong with the first image, where none was taken in */
function addedBy(outcomes: readonly Outcome[]): TakenIn {
  const added: TakenIn = { jobs: [], refused: [] };
  let first: TesseraError | undefined;
  for (const outcome of outcomes) {
    if ("job" in outcome) {
      added.jobs.push(outcome.job);
      continue;
    }
    const { name, error } = outcome;
    first ??= error;
    added.refused.push({ name, code: error.code, message: error.message });
  }
  if (added.jobs.length === 0) throw first ?? new TesseraError("image_empty");
  return added;
}

/** When it throws, nothing is left of the image. */
async function take(image: Coming, place: number, adding: Adding): Promise<JobView> {
  const { master, batch, key } = adding;
  const digest = createHash("sha256").update(JSON.stringify([image.name, image.named]));
  if (key === undefined) return takeNew(image, adding, undefined, () => "");
  const once = `${key} ${place}`;
  const before = master.once.answered(batch.owner, once);
  const known = before && master.job(before.job);
  const request = () => {
    const text = digest.digest("hex");
    if (before !== undefined && before.request !== text) throw new TesseraError("idempotency_key_reused");
    return text;
  };
  const onBytes = (bytes: Uint8Array) => void digest.update(bytes);
  if (known === undefined) return takeNew(image, adding, onBytes, request, once);
  // What is named only need not be fetched again.
  if (image.named === undefined) (await image.bring(onBytes)).leave(undefined);
  request();
  return known;
}

/** @param once by what it is known when it is sent again, as `request`, which is asked for once all bytes are there */
async function takeNew(
  image: Coming,
  { master, batch: { id: batch, owner, options } }: Adding,
  onBytes: ((bytes: Uint8Array) => void) | undefined,
  request: () => string,
  once?: string,
): Promise<JobView> {
  const leaveBatch = master.batches.enter(batch);
  try {
    master.refuseIfFull(owner);
    const { id, path, name, use, leave } = await image.bring(onBytes);
    let job: JobView | undefined;
    try {
      const text = request();
      job = await master.submit({
        ...requestOf(options as SubmitFields),
        ...{ owner, batch, ...(id !== undefined && { id }) },
        source: { path, owned: true, name: shownName(image.name ?? name) },
        alongside(made) {
          if (once !== undefined) master.once.note(owner, once, { job: made, request: text });
          use(made);
        },
      });
    } finally {
      leave(job?.id);
    }
    if (master.batches.get(batch) !== undefined) return job;
    await master.remove([job.id]);
    throw new TesseraError("batch_not_found", "It was deleted meanwhile.");
  } finally {
    leaveBatch();
  }
}

/** As an answer that is written while it is taken: each job may have much to show. */
export function answerOf(added: TakenIn, master: Master): Response {
  const parts = partsOf(added, master);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = parts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: 202, headers: { "content-type": "application/json" } });
}

/** JSON of `Added`. */
function* partsOf({ jobs, refused }: TakenIn, master: Master): Generator<string, undefined> {
  let before = '{"jobs":[';
  for (const id of jobs) {
    const job = master.job(id);
    if (job === undefined) continue; // deleted meanwhile
    yield before + JSON.stringify(job);
    before = ",";
  }
  yield `${before === "," ? "" : before}],"refused":${JSON.stringify(refused)}}`;
}
