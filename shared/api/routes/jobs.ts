import { Type } from "@sinclair/typebox";
import { ById, ETag, FILE_HEADERS, Location, Step, Time } from "../common.ts";
import { JobSchema, LabelList, Labels, Priority, WebhookUrl } from "../job.ts";
import { Cursor, JOB_FILTER, limit, NextCursor, PreviousCursor } from "../job_filter.ts";
import { routes, strict } from "../route.ts";
import { TileMapSchema } from "../tiles.ts";

/** @param what what the same request with the same key does */
export const idempotencyKey = (what: string) =>
  Type.Optional(
    Type.String({
      pattern: "^[\\x21-\\x7e]{1,255}$",
      examples: ["3f1c8a52"],
      description: `Chosen by the caller for a request that it may send again: the same request with the same key ${what}`,
    }),
  );

/** What to do with an image; texts, since they stand in a query or in a form's fields. Ranges are checked by format. */
const SUBMIT = {
  pipeline: Type.Optional(
    Type.String({
      description: "Steps as text (`blur(sigma=2) | sharpen`) or as JSON; nothing changes nothing.",
    }),
  ),
  name: Type.Optional(Type.String({ description: "What the image is called, for people." })),
  format: Type.Optional(
    Type.String({ description: "jpeg, png, webp, avif or tiff; the source's if left out." }),
  ),
  quality: Type.Optional(Type.Number()),
  effort: Type.Optional(Type.Number()),
  lossless: Type.Optional(Type.Boolean()),
  metadata: Type.Optional(Type.String()),
  background: Type.Optional(Type.String()),
  profile: Type.Optional(Type.Union([Type.Literal("srgb"), Type.Literal("keep")])),
  tile_size: Type.Optional(Type.Integer()),
  priority: Type.Optional(Priority),
  webhook: Type.Optional(WebhookUrl),
  labels: Type.Optional(LabelList),
  expires_in: Type.Optional(
    Type.String({
      pattern: "^[1-9]\\d{0,8}[smhd]?$",
      examples: ["24h"],
      description:
        "How long the result is kept once the job is done: seconds, or a number with s, m, h or d behind it. The server has a longest time.",
    }),
  ),
} as const;

/** The same as JSON. */
export const SUBMIT_AS_JSON = {
  ...SUBMIT,
  pipeline: Type.Optional(Type.Union([SUBMIT.pipeline, Type.Array(Step)])),
  labels: Type.Optional(Labels),
} as const;

export const SourceUrl = Type.String({
  maxLength: 2048,
  description: "Where the image is; http or https.",
  examples: ["https://example.com/photo.jpg"],
});

export const SourceUpload = Type.String({
  minLength: 1,
  maxLength: 100,
  description: "An upload that is whole (`POST /v1/uploads`). It becomes one job.",
});

/** As JSON, with an address in place of the image, or an upload. */
export const SUBMIT_JSON = strict({
  source: Type.Union([strict({ url: SourceUrl }), strict({ upload: SourceUpload })]),
  ...SUBMIT_AS_JSON,
});

/** What may be wrong with an address that is sent. */
const URL_ERRORS = [
  "outbound_off",
  "webhooks_off",
  "url_refused",
  "source_unreachable",
  "queue_full",
] as const;

/** What may be wrong with an upload that is to become a job. */
const UPLOADED_ERRORS = ["upload_not_found", "upload_incomplete", "upload_used", "upload_busy"] as const;

/** What may be wrong with an image that is sent. */
export const UPLOAD_ERRORS = [
  "image_empty",
  "image_unknown_type",
  "image_type_refused",
  "image_polyglot",
  "image_truncated",
  "image_corrupt",
  "image_header_invalid",
  "image_too_many_pixels",
  "image_side_too_long",
  "image_unbounded_format",
  "image_unsupported",
  "upload_too_large",
  "upload_interrupted",
  "upload_malformed",
  "content_type_unsupported",
] as const;

/** What may be wrong with a pipeline, whatever the image. */
export const PIPELINE_ERRORS = ["pipeline_invalid", "pipeline_syntax", "pipeline_too_long"] as const;

/** What may be wrong with what is asked for an image. */
const OUTPUT_ERRORS = ["pipeline_unbounded", "output_invalid", "output_too_large"] as const;

export const Bytes = Type.Unsafe<Uint8Array>({ type: "string", format: "binary" });

/** A file as it is sent, whole, in part, or not again. */
const file = (about: string) => ({
  200: { about, types: ["image/*"], headers: FILE_HEADERS },
  206: {
    about: "The range that was asked for.",
    types: ["image/*"],
    headers: { ...FILE_HEADERS, "Content-Range": Type.String() },
  },
  304: { about: "It is the one that you have.", headers: { ETag } },
});

const Event = Type.Object({
  at: Time,
  what: Type.String({ description: "A state that was reached, or something that was done to the job." }),
  detail: Type.String(),
});

/** All that may be wrong with an image that is sent. */
export const IMAGE_ERRORS = [
  ...UPLOAD_ERRORS,
  ...UPLOADED_ERRORS,
  ...URL_ERRORS,
  ...OUTPUT_ERRORS,
  "disk_full",
  "quota_reached",
] as const;

const Job = { about: "The job as it is now.", schema: JobSchema } as const;
const OPERATE = { tag: "jobs", scope: "operate", params: ById, answers: { 200: Job } } as const;

export const JOBS = routes({
  submitJob: {
    method: "post",
    path: "/v1/jobs",
    tag: "jobs",
    scope: "submit",
    summary: "Send an image and have it processed",
    description:
      "The image is the body, with an image type and the options in the query; or the part `image` of a form, whose other fields are options too; or JSON names its address, and the answer comes once it has been fetched from there; or JSON names an upload.",
    query: strict(SUBMIT),
    headers: strict({
      "idempotency-key": idempotencyKey("makes no second job for a day, and is answered with the first one."),
    }),
    body: {
      streamed: {
        "multipart/form-data": strict({ image: Bytes, ...SUBMIT }),
        "image/*": Bytes,
        "application/octet-stream": Bytes,
        "application/json": SUBMIT_JSON,
      },
    },
    answers: {
      202: { about: "The job was taken in.", schema: JobSchema, headers: { Location } },
    },
    errors: [...IMAGE_ERRORS, ...PIPELINE_ERRORS, "idempotency_key_busy", "idempotency_key_reused"],
  },
  listJobs: {
    method: "get",
    path: "/v1/jobs",
    tag: "jobs",
    scope: "read",
    summary: "List jobs, the newest first",
    description: "Jobs that come in while pages are turned shift none of them.",
    query: strict({ ...JOB_FILTER, limit: limit(100), cursor: Type.Optional(Cursor) }),
    answers: {
      200: {
        about: "Jobs.",
        schema: Type.Object({
          jobs: Type.Array(JobSchema),
          next_cursor: Type.Optional(NextCursor),
          previous_cursor: Type.Optional(PreviousCursor),
        }),
      },
    },
    errors: [],
  },
  getJob: {
    ...{ method: "get", path: "/v1/jobs/{id}", tag: "jobs", scope: "read", params: ById },
    summary: "See a job",
    answers: { 200: Job },
    errors: ["job_not_found"],
  },
  deleteJob: {
    ...{ method: "delete", path: "/v1/jobs/{id}", tag: "jobs", scope: "operate", params: ById },
    summary: "Forget a job",
    description: "It is cancelled if it has not ended. Its files and its history go with it.",
    answers: { 204: { about: "It is gone." } },
    errors: ["job_not_found"],
  },
  getEvents: {
    ...{ method: "get", path: "/v1/jobs/{id}/events", tag: "jobs", scope: "read", params: ById },
    summary: "See what has happened to a job, the oldest first",
    query: strict({ limit: limit(1000), cursor: Type.Optional(Cursor) }),
    answers: {
      200: {
        about: "Its history.",
        schema: Type.Object({ events: Type.Array(Event), next_cursor: Type.Optional(NextCursor) }),
      },
    },
    errors: ["job_not_found"],
  },
  getTiles: {
    ...{ method: "get", path: "/v1/jobs/{id}/tiles", tag: "jobs", scope: "read", params: ById },
    summary: "See where every tile of a job stands, and who has or had it",
    answers: { 200: { about: "The tiles, by stage.", schema: TileMapSchema } },
    errors: ["job_not_found"],
  },
  getResult: {
    ...{ method: "get", path: "/v1/jobs/{id}/result", tag: "jobs", scope: "read", params: ById },
    summary: "Download a job's result",
    description: "Ranges and entity tags are understood.",
    answers: file("The file."),
    errors: ["job_not_found", "job_not_done", "job_result_expired"],
  },
  getSource: {
    ...{ method: "get", path: "/v1/jobs/{id}/source", tag: "jobs", scope: "read", params: ById },
    summary: "Download the image that a job was sent with",
    description: "Ranges and entity tags are understood.",
    answers: file("The file, as it was sent."),
    errors: ["job_not_found", "job_source_gone"],
  },
  cancelJob: {
    ...{ ...OPERATE, method: "post", path: "/v1/jobs/{id}/cancel", summary: "Stop a job and free its disk" },
    errors: ["job_not_found", "job_not_active"],
  },
  pauseJob: {
    ...{
      ...OPERATE,
      method: "post",
      path: "/v1/jobs/{id}/pause",
      summary: "Interrupt a job until it is resumed",
    },
    errors: ["job_not_found", "job_not_active"],
  },
  resumeJob: {
    ...{
      ...OPERATE,
      method: "post",
      path: "/v1/jobs/{id}/resume",
      summary: "Take a paused job up where it stood",
    },
    errors: ["job_not_found", "job_not_active"],
  },
  retryJob: {
    ...{
      ...OPERATE,
      method: "post",
      path: "/v1/jobs/{id}/retry",
      summary: "Try a job again that failed by a tile",
    },
    description: "What was done stays done.",
    errors: ["job_not_found", "job_not_failed"],
  },
  prioritizeJob: {
    ...{ ...OPERATE, method: "post", path: "/v1/jobs/{id}/priority", summary: "Change a job's priority" },
    query: strict({ priority: Priority }),
    errors: ["job_not_found", "job_not_active"],
  },
});
