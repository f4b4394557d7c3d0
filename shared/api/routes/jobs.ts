import { Type } from "@sinclair/typebox";
import { ById, ETag, FILE_HEADERS, Location, Step } from "../common.ts";
import { JobSchema, Priority, WebhookUrl } from "../job.ts";
import { routes, strict } from "../route.ts";
import { TileMapSchema } from "../tiles.ts";

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
} as const;

/** The same as JSON, with an address in place of the image. */
export const SUBMIT_JSON = strict({
  source: strict({
    url: Type.String({
      maxLength: 2048,
      description: "Where the image is; http or https.",
      examples: ["https://example.com/photo.jpg"],
    }),
  }),
  ...SUBMIT,
  pipeline: Type.Optional(Type.Union([SUBMIT.pipeline, Type.Array(Step)])),
});

/** What may be wrong with an address that is sent. */
const URL_ERRORS = [
  "outbound_off",
  "webhooks_off",
  "url_refused",
  "source_unreachable",
  "queue_full",
] as const;

/** What may be wrong with an image that is sent. */
const UPLOAD_ERRORS = [
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

/** What may be wrong with what is asked for. */
const PIPELINE_ERRORS = [
  "pipeline_invalid",
  "pipeline_syntax",
  "pipeline_too_long",
  "pipeline_unbounded",
  "output_invalid",
  "output_too_large",
] as const;

const Bytes = Type.Unsafe<Uint8Array>({ type: "string", format: "binary" });

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
      "The image is the body, with an image type and the options in the query; or the part `image` of a form, whose other fields are options too; or JSON names its address, and the answer comes once it has been fetched from there.",
    query: strict(SUBMIT),
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
    errors: [...UPLOAD_ERRORS, ...URL_ERRORS, ...PIPELINE_ERRORS, "disk_full", "quota_reached"],
  },
  listJobs: {
    method: "get",
    path: "/v1/jobs",
    tag: "jobs",
    scope: "read",
    summary: "List jobs, the newest first",
    query: strict({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })) }),
    answers: { 200: { about: "Jobs.", schema: Type.Object({ jobs: Type.Array(JobSchema) }) } },
    errors: [],
  },
  getJob: {
    ...{ method: "get", path: "/v1/jobs/{id}", tag: "jobs", scope: "read", params: ById },
    summary: "See a job",
    answers: { 200: Job },
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
    answers: {
      200: { about: "The file.", types: ["image/*"], headers: FILE_HEADERS },
      206: {
        about: "The range that was asked for.",
        types: ["image/*"],
        headers: { ...FILE_HEADERS, "Content-Range": Type.String() },
      },
      304: { about: "It is the one that you have.", headers: { ETag } },
    },
    errors: ["job_not_found", "job_not_done"],
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
