import { Type } from "@sinclair/typebox";
import { ById, Step } from "../common.ts";
import { routes, strict } from "../route.ts";
import { Bytes, PIPELINE_ERRORS, SourceUpload, SourceUrl, UPLOAD_ERRORS } from "./jobs.ts";
import { Format, PICTURE_TYPES, Size } from "./pictures.ts";

const ProxySchema = Type.Object(
  {
    id: Type.String(),
    width: Type.Integer({ description: "Of the image as it was sent, upright." }),
    height: Type.Integer(),
  },
  { $id: "Proxy" },
);

/** In place of an image, the address from which the server is to fetch it, or an upload. */
export const PROXY_JSON = strict({
  source: Type.Union([
    strict({ url: SourceUrl }),
    strict({ upload: { ...SourceUpload, description: "An upload that is whole (`POST /v1/uploads`)." } }),
  ]),
});

const Pipeline = Type.Optional(
  Type.String({
    description: "Steps as text (`blur(sigma=2) | sharpen`) or as JSON; nothing changes nothing.",
  }),
);

const LOOK = {
  pipeline: Pipeline,
  region: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0, maximum: 1_000_000 }), {
      ...{ minItems: 4, maxItems: 4 },
      description:
        "x, y, width, height of the part of the result that is seen, in its own pixels; all of it if left out.",
      examples: [[0, 0, 1000, 800]],
    }),
  ),
  size: Type.Optional(Type.Integer({ ...Size, default: 1024 })),
  format: Type.Optional(Format),
  quality: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 80 })),
  within_ms: Type.Optional(
    Type.Integer({
      ...{ minimum: 10, maximum: 60_000, examples: [80] },
      description:
        "About how long it may take: what takes longer is computed with fewer pixels, as `tessera-scale` tells. For while a slider moves; without it no pixel is spared.",
    }),
  ),
  lane: Type.Optional(
    Type.String({
      maxLength: 100,
      description: "Of looks with the same lane only the newest counts: one that is under way is given up.",
    }),
  ),
} as const;

/** A look at an image that is at hand. */
export const LOOK_JSON = strict({
  proxy: Type.Optional(Type.String({ maxLength: 100, description: "An image that was sent to be edited." })),
  job: Type.Optional(Type.String({ maxLength: 100, description: "A job whose source it is." })),
  ...LOOK,
  pipeline: Type.Optional(Type.Union([Pipeline, Type.Array(Step)])),
});

/** A look at an image that comes along. */
export const LOOK_FORM = strict(LOOK);

const KEEP_ERRORS = [...UPLOAD_ERRORS, "disk_full", "queue_full"] as const;

export const EDITING = routes({
  createProxy: {
    ...{ method: "post", path: "/v1/proxies", tag: "pictures", scope: "submit" },
    summary: "Send an image to be edited live",
    description:
      "It is decoded once and kept for as long as it is looked at now and then. The image is the body, or the part `image` of a form; or JSON names its address, and the answer comes once it has been fetched from there; or JSON names an upload that is whole. That stays as it is, and can become a job before and after; one that has is read for as long as the job keeps its source. So what is edited and then started is sent once.",
    body: {
      streamed: {
        "multipart/form-data": strict({ image: Bytes }),
        "image/*": Bytes,
        "application/octet-stream": Bytes,
        "application/json": PROXY_JSON,
      },
    },
    answers: { 201: { about: "It is at hand.", schema: ProxySchema } },
    errors: [
      ...KEEP_ERRORS,
      ...(["outbound_off", "url_refused", "source_unreachable"] as const),
      ...(["upload_not_found", "upload_incomplete", "upload_used"] as const),
    ],
  },
  deleteProxy: {
    ...{ method: "delete", path: "/v1/proxies/{id}", tag: "pictures", scope: "submit" },
    summary: "Let go of an image that was sent to be edited",
    params: ById,
    answers: { 204: { about: "It is gone." } },
    errors: ["proxy_not_found"],
  },
  preview: {
    ...{ method: "post", path: "/v1/preview", tag: "pictures", scope: "submit" },
    summary: "See what a pipeline makes of an image",
    description:
      "Computed on no more pixels than are seen: lengths in the pipeline shrink along with the image. A region that is no larger than `size` shows the result's own pixels. The image is a proxy, a job's source, or comes along in the part `image` of a form whose other fields are options.",
    body: {
      streamed: {
        "application/json": LOOK_JSON,
        "multipart/form-data": strict({ image: Bytes, ...LOOK }),
      },
    },
    answers: {
      200: {
        about: "The picture.",
        types: PICTURE_TYPES,
        headers: {
          "tessera-width": Type.Integer({ description: "Columns that the result would have." }),
          "tessera-height": Type.Integer({ description: "Rows that the result would have." }),
          "tessera-scale": Type.Number({ description: "Its size, of that which the result would have." }),
          "tessera-exact": Type.Boolean({
            description: "Whether these are the result's own pixels, before they were encoded.",
          }),
        },
      },
    },
    errors: [
      ...KEEP_ERRORS,
      ...PIPELINE_ERRORS,
      "pipeline_unbounded",
      "output_too_large",
      "proxy_not_found",
      "preview_superseded",
      "job_not_found",
      "job_source_gone",
    ],
  },
});
