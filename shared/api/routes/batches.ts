import { Type } from "@sinclair/typebox";
import { AddedSchema, BatchSchema } from "../batch.ts";
import { ById, Location } from "../common.ts";
import { SHOWN_TEXT } from "../job.ts";
import { Cursor, NextCursor, PreviousCursor } from "../job_filter.ts";
import { routes, strict } from "../route.ts";
import {
  Bytes,
  IMAGE_ERRORS,
  idempotencyKey,
  PIPELINE_ERRORS,
  SourceUpload,
  SourceUrl,
  SUBMIT_AS_JSON,
} from "./jobs.ts";

const Name = Type.Optional(
  Type.String({ maxLength: 200, pattern: SHOWN_TEXT, examples: ["scans"], description: "For people." }),
);

const PageLimit = Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 }));

const Batch = { about: "The batch as it is now.", schema: BatchSchema } as const;
const ONE = { tag: "batches", params: ById } as const;

/** An image among several. */
export const SOURCES_JSON = strict({
  sources: Type.Array(
    Type.Union([strict({ url: SourceUrl, name: Name }), strict({ upload: SourceUpload, name: Name })]),
    { minItems: 1, maxItems: 1000 },
  ),
});

export const BATCHES = routes({
  createBatch: {
    ...{ method: "post", path: "/v1/batches", tag: "batches", scope: "submit" },
    summary: "Say what is to be done with many images",
    description:
      "The images are sent to it afterwards. The options are those of a job, and hold for each of them.",
    body: strict({ ...SUBMIT_AS_JSON, name: Name }),
    answers: { 201: { about: "The batch, still empty.", schema: BatchSchema, headers: { Location } } },
    errors: [
      ...PIPELINE_ERRORS,
      ...(["outbound_off", "webhooks_off", "url_refused", "disk_full", "quota_reached"] as const),
    ],
  },
  listBatches: {
    ...{ method: "get", path: "/v1/batches", tag: "batches", scope: "read" },
    summary: "List batches, the newest first",
    query: strict({ limit: PageLimit, cursor: Type.Optional(Cursor) }),
    answers: {
      200: {
        about: "Batches.",
        schema: Type.Object({
          batches: Type.Array(BatchSchema),
          next_cursor: Type.Optional(NextCursor),
          previous_cursor: Type.Optional(PreviousCursor),
        }),
      },
    },
    errors: [],
  },
  getBatch: {
    ...{ ...ONE, method: "get", path: "/v1/batches/{id}", scope: "read" },
    summary: "See how far a batch is",
    description: "Its jobs are those that `GET /v1/jobs?batch=` lists.",
    answers: { 200: Batch },
    errors: ["batch_not_found"],
  },
  deleteBatch: {
    ...{ ...ONE, method: "delete", path: "/v1/batches/{id}", scope: "operate" },
    summary: "Forget a batch with all of its jobs",
    description:
      "Those that have not ended are cancelled. Images that are still being sent to it are refused.",
    answers: { 204: { about: "It is gone, and all that was kept of its jobs." } },
    errors: ["batch_not_found"],
  },
  addImages: {
    ...{ ...ONE, method: "post", path: "/v1/batches/{id}/images", scope: "submit" },
    summary: "Send images to a batch",
    description:
      "One as the body, with an image type; or as many as you like as parts `image` of a form; or as JSON their addresses, some of which are fetched at a time, and uploads. Each becomes a job of the batch. Where none was taken in, the answer is the first one's failure. Of very many addresses, those whose turn does not come within a minute are refused as `fetch_postponed`, to be sent again.",
    query: strict({ name: Name }),
    headers: strict({
      "idempotency-key": idempotencyKey(
        "makes of each image, by its place, no second job for a day; those that were not taken in are tried again.",
      ),
    }),
    body: {
      streamed: {
        "multipart/form-data": strict({ image: Type.Array(Bytes) }),
        "image/*": Bytes,
        "application/octet-stream": Bytes,
        "application/json": SOURCES_JSON,
      },
      required: true,
    },
    answers: { 202: { about: "What became of each.", schema: AddedSchema } },
    errors: [
      ...(["batch_not_found", "batch_full", "idempotency_key_busy", "idempotency_key_reused"] as const),
      ...IMAGE_ERRORS,
    ],
  },
  cancelBatch: {
    ...{ ...ONE, method: "post", path: "/v1/batches/{id}/cancel", scope: "operate" },
    summary: "Stop all jobs of a batch that have not ended",
    answers: { 200: Batch },
    errors: ["batch_not_found"],
  },
  getBatchResults: {
    ...{ ...ONE, method: "get", path: "/v1/batches/{id}/results", scope: "read" },
    summary: "Download the results of a batch in one archive",
    description: "Those that are done by now and still kept; nothing is compressed again.",
    query: strict({
      format: Type.Optional(
        Type.Unsafe<"zip" | "tar">(
          Type.Union([Type.Literal("zip"), Type.Literal("tar")], { default: "zip" }),
        ),
      ),
    }),
    answers: {
      200: {
        about: "The archive.",
        types: ["application/zip", "application/x-tar"],
        headers: { "Content-Disposition": Type.String({ description: "The archive's name." }) },
      },
    },
    errors: ["batch_not_found", "batch_without_results"],
  },
});
