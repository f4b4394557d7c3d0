import { type Static, Type } from "@sinclair/typebox";
import { Refusals } from "../common.ts";
import { Priority } from "../job.ts";
import { Cursor, JOB_FILTER, limit, NextCursor } from "../job_filter.ts";
import { routes, strict } from "../route.ts";

const BULK_ACTIONS = ["cancel", "pause", "resume", "retry", "priority", "delete"] as const;

const Request = strict({
  action: Type.Unsafe<(typeof BULK_ACTIONS)[number]>(
    Type.Union(BULK_ACTIONS.map((action) => Type.Literal(action))),
  ),
  filter: strict(
    {
      ...JOB_FILTER,
      ids: Type.Optional(
        Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 1000, uniqueItems: true }),
      ),
    },
    { description: "Which jobs are meant; an empty one means all." },
  ),
  priority: Type.Optional(Priority),
  dry_run: Type.Optional(Type.Boolean({ description: "Tells what would be done, and does nothing." })),
  limit: limit(1000),
  cursor: Type.Optional(Cursor),
});

const Ids = Type.Array(Type.String());

const Outcome = Type.Object({
  matched: Type.Integer({ description: "Jobs that the filter means, from the cursor on." }),
  changed: Ids,
  refused: Refusals("Jobs whose state does not allow it."),
  next_cursor: Type.Optional(NextCursor),
});

export type BulkRequest = Static<typeof Request>;
export type BulkOutcome = Static<typeof Outcome>;

export const BULK = routes({
  bulkJobs: {
    method: "post",
    path: "/v1/jobs/bulk",
    tag: "jobs",
    scope: "operate",
    summary: "Do the same to many jobs, the newest first",
    description:
      "`limit` jobs a call; where there are more, the answer says with which cursor to go on. `priority` is needed for the action of that name.",
    body: Request,
    answers: { 200: { about: "What was done.", schema: Outcome } },
    errors: [],
  },
});
