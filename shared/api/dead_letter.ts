import { type Static, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { Step, Time } from "./common.ts";

/** A tile that was given up on, as it is shown. */
export const DeadLetterSchema = Type.Object(
  {
    job: Type.String({ description: "That has failed by it." }),
    at: Time,
    stage: Type.Integer(),
    tile: Type.Integer({ description: "Row · columns + column, in its stage's grid." }),
    attempts: Type.Integer(),
    workers: Type.Array(Type.String(), { description: "Those that had it, one an attempt as far as known." }),
    code: Type.Unsafe<ErrorCode>(Type.String()),
    message: Type.String({ description: "Why it was given up on." }),
    steps: Type.Array(Step, { description: "What was to be done with it." }),
    replayable: Type.Boolean({
      description: "Whether its job's files are kept, so that it can be tried again.",
    }),
  },
  { $id: "DeadLetter" },
);
export type DeadLetterView = Static<typeof DeadLetterSchema>;
