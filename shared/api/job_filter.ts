import { type Static, Type } from "@sinclair/typebox";
import { LabelList, ShownState } from "./job.ts";
import { strict } from "./route.ts";

const time = (description: string) => Type.String({ format: "date-time", description });

/** Which jobs are meant: those of which all that is said holds. The same in a query and in JSON. */
export const JOB_FILTER = {
  state: Type.Optional(
    Type.Array(ShownState, { minItems: 1, maxItems: 8, uniqueItems: true, description: "One of them." }),
  ),
  label: Type.Optional(LabelList),
  after: Type.Optional(time("Created then or later; RFC 3339.")),
  before: Type.Optional(time("Created earlier than that; RFC 3339.")),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "In the source's name or the job's id; whether in capitals or not.",
    }),
  ),
  batch: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
} as const;

const Filter = strict(JOB_FILTER);
export type JobFilterView = Static<typeof Filter>;

export const Cursor = Type.String({
  pattern: "^[\\w-]{1,40}$",
  examples: ["MTIz"],
  description:
    "Where to begin: the `next_cursor` of the page before, which was asked for with the same filter.",
});

export const NextCursor = Type.String({
  description: "Where the next page begins; missing on the last one.",
});

export const PreviousCursor = Type.String({
  description: "Where the page before begins; missing where that is the list's beginning.",
});

export const limit = (initial: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: initial }));
