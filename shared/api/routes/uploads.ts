/** Uploads that can be interrupted: the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload). */
import { Type } from "@sinclair/typebox";
import { ById, Location } from "../common.ts";
import { routes, strict } from "../route.ts";
import { UploadSchema } from "../upload.ts";
import { Bytes } from "./jobs.ts";

export const TUS = { version: "1.0.0", extensions: ["creation", "expiration", "termination"] } as const;

/** The type of a part of a file. */
export const PART_TYPE = "application/offset+octet-stream";

/** Every answer has them, as the protocol wants it. */
const ALWAYS = { "Tus-Resumable": TUS.version, "Tus-Version": TUS.version } as const;

const VERSION = {
  "tus-resumable": Type.Optional(Type.String({ description: `The protocol's version, ${TUS.version}.` })),
};
const Offset = Type.Integer({
  minimum: 0,
  description: "Where the bytes belong: as many are there already.",
});
const Length = Type.Integer({ minimum: 0, description: "Bytes of the whole file.", examples: [1_048_576] });
const Metadata = Type.String({
  maxLength: 4096,
  description:
    "Names and values, these in Base64, with commas between them. What `filename` says is the image's name.",
  examples: ["filename cGhvdG8uanBn"],
});
const Expires = Type.String({ description: "Until when it is kept, as an HTTP date." });

const OFFSET = { "Upload-Offset": Type.Integer({ description: "Bytes that are here to stay." }) };
const WHOLE = { "Upload-Length": Type.Integer(), "Upload-Metadata": Type.String() };

const ONE = { path: "/v1/uploads/{id}", tag: "uploads", scope: "submit", params: ById } as const;
const ERRORS = ["tus_version_unsupported", "upload_not_found"] as const;

export const UPLOADS = routes({
  getUploadOptions: {
    ...{ method: "options", path: "/v1/uploads", tag: "uploads", scope: "open", always: ALWAYS },
    summary: "See what of the tus protocol this server speaks",
    answers: {
      204: {
        about: "It stands in the headers.",
        headers: {
          "Tus-Extension": Type.String(),
          "Tus-Max-Size": Type.Integer({ description: "The largest upload, in bytes." }),
        },
      },
    },
    errors: [],
  },
  createUpload: {
    ...{ method: "post", path: "/v1/uploads", tag: "uploads", scope: "submit", always: ALWAYS },
    summary: "Begin an upload that may be interrupted",
    description:
      "Its bytes are sent with PATCH, in as many parts as you like, and after each fault from where HEAD says. Whole, it becomes a job by `POST /v1/jobs` with `source: {upload}`. Any client of the tus protocol can do it.",
    headers: strict({ ...VERSION, "upload-length": Length, "upload-metadata": Type.Optional(Metadata) }),
    answers: {
      201: {
        about: "The upload, still empty.",
        schema: UploadSchema,
        headers: { Location, ...OFFSET, "Upload-Expires": Expires },
      },
    },
    errors: ["tus_version_unsupported", "image_empty", "upload_too_large", "disk_full", "quota_reached"],
  },
  getUpload: {
    ...{ ...ONE, method: "get", always: ALWAYS },
    summary: "See how much of an upload has come",
    description:
      "HEAD gives the headers alone, and is for who wants to go on: what is being sent to the upload is interrupted first, since its connection is taken for broken.",
    headers: strict(VERSION),
    answers: {
      200: {
        about: "The upload as it is now.",
        schema: UploadSchema,
        headers: { ...OFFSET, ...WHOLE, "Upload-Expires": Expires },
      },
    },
    errors: ERRORS,
  },
  appendUpload: {
    ...{ ...ONE, method: "patch", always: ALWAYS },
    summary: "Send more of an upload",
    description:
      "What has come when the connection fails is kept. Of two who send at the same time the later one goes on. What is no image is refused as soon as that is seen, and the upload with it.",
    headers: strict({ ...VERSION, "upload-offset": Offset }),
    body: { streamed: { [PART_TYPE]: Bytes }, required: true },
    answers: {
      204: {
        about: "All of it is here to stay.",
        headers: { ...OFFSET, "Upload-Expires": Expires },
      },
    },
    errors: [
      ...ERRORS,
      ...(["content_type_unsupported", "upload_offset_wrong", "upload_busy", "upload_too_large"] as const),
      ...(["upload_interrupted", "image_unknown_type", "image_type_refused", "disk_full"] as const),
    ],
  },
  deleteUpload: {
    ...{ ...ONE, method: "delete", always: ALWAYS },
    summary: "Forget an upload and what has come of it",
    description: "The job that it has become stays.",
    headers: strict(VERSION),
    answers: { 204: { about: "It is gone." } },
    errors: [...ERRORS, "upload_busy"],
  },
});
