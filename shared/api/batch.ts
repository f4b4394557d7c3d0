import { type Static, type TSchema, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { Step, Time } from "./common.ts";
import { JobSchema, Labels, WebhookUrl } from "./job.ts";
import { SHOWN_STATES } from "./states.ts";

const COUNTS = Object.fromEntries(SHOWN_STATES.map((state) => [state, Type.Integer()]));

/** Many images that the same is done with, as it is shown. */
export const BatchSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    owner: Type.String(),
    created_at: Time,
    pipeline: Type.Array(Step),
    labels: Labels,
    webhook: Type.Optional(WebhookUrl),
    images: Type.Integer({ description: "All that have been taken in and are known." }),
    jobs: Type.Unsafe<Record<(typeof SHOWN_STATES)[number], number>>(
      Type.Object(COUNTS as Record<string, TSchema>, { description: "How many are in which state." }),
    ),
    ended: Type.Boolean({ description: "Whether there are jobs and all have ended." }),
    progress: Type.Object({ tiles_done: Type.Integer(), tiles_total: Type.Integer() }),
  },
  { $id: "Batch" },
);
export type BatchView = Static<typeof BatchSchema>;

/** What became of images that were sent to a batch. */
export const AddedSchema = Type.Object({
  jobs: Type.Array(JobSchema, { description: "Of the images that were taken in, in their order." }),
  refused: Type.Array(
    Type.Object({
      name: Type.String(),
      code: Type.Unsafe<ErrorCode>(Type.String()),
      message: Type.String(),
    }),
    {
      description:
        "Images that were not. After what concerns all of them, such as a full disk, no more are read.",
    },
  ),
});
export type Added = Static<typeof AddedSchema>;
