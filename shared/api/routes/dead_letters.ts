import { Type } from "@sinclair/typebox";
import { ById, Refusals } from "../common.ts";
import { DeadLetterSchema } from "../dead_letter.ts";
import { JobSchema } from "../job.ts";
import { Cursor, limit, NextCursor } from "../job_filter.ts";
import { routes, strict } from "../route.ts";

const page = (initial: number) => strict({ limit: limit(initial), cursor: Type.Optional(Cursor) });

export const DEAD_LETTERS = routes({
  listDeadLetters: {
    ...{ method: "get", path: "/v1/dead-letters", tag: "dead-letters", scope: "read" },
    summary: "See the tiles that were given up on, the newest first",
    description:
      "One of each of the caller's jobs that has failed by a tile; everyone's for `admin`. It is gone once its job is tried again.",
    query: page(100),
    answers: {
      200: {
        about: "Tiles.",
        schema: Type.Object({
          dead_letters: Type.Array(DeadLetterSchema),
          next_cursor: Type.Optional(NextCursor),
        }),
      },
    },
    errors: [],
  },
  replayDeadLetters: {
    ...{ method: "post", path: "/v1/dead-letters/replay", tag: "dead-letters", scope: "operate" },
    summary: "Try all jobs again that have a dead letter, the newest letters first",
    description: "`limit` jobs a call; where there are more, the answer says with which cursor to go on.",
    query: page(1000),
    answers: {
      200: {
        about: "What was done.",
        schema: Type.Object({
          replayed: Type.Array(Type.String(), { description: "Ids of jobs." }),
          refused: Refusals("Jobs whose files are not kept any more."),
          next_cursor: Type.Optional(NextCursor),
        }),
      },
    },
    errors: [],
  },
  replayDeadLetter: {
    ...{ method: "post", path: "/v1/dead-letters/{id}/replay", tag: "dead-letters", scope: "operate" },
    summary: "Try the job with this id again",
    description: "As `POST /v1/jobs/{id}/retry`: what was done stays done.",
    params: ById,
    answers: { 200: { about: "The job as it is now.", schema: JobSchema } },
    errors: ["job_not_found", "job_not_failed"],
  },
});
