import { type Static, Type } from "@sinclair/typebox";
import { Time } from "./common.ts";

/** A file that is sent in parts, and what has come of it. */
export const UploadSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String({ description: "What its sender calls it." }),
    offset: Type.Integer({ description: "Bytes that are here to stay: where to go on." }),
    length: Type.Integer({ description: "Bytes of the whole file." }),
    expires_at: Type.String({
      format: "date-time",
      description: "Until when it can be gone on with, or made a job of.",
    }),
    created_at: Time,
    job: Type.Optional(Type.String({ description: "The job that it has become." })),
  },
  { $id: "Upload" },
);

export type UploadView = Static<typeof UploadSchema>;
