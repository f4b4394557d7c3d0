import { type Static, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { Step, Time } from "./common.ts";
import { PRIORITY } from "./priority.ts";
import { SHOWN_STATES } from "./states.ts";

export { PRIORITY };

export const Priority = Type.Integer({
  minimum: PRIORITY.minimum,
  maximum: PRIORITY.maximum,
  description: "Of two jobs whose priorities differ by one, the higher one gets twice as many tiles done.",
});

export const ShownState = Type.Union(SHOWN_STATES.map((state) => Type.Literal(state)));

const JobError = Type.Object({ code: Type.Unsafe<ErrorCode>(Type.String()), message: Type.String() });

/** What moves a terminal's cursor, ends a line or turns the direction of text. */
const UNSEEN = "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";

/** A text for people to read. */
export const SHOWN_TEXT = `^[^${UNSEEN}]*$`;

/** Without commas, which stand between those of a list. */
const LABEL_NAME = "[\\w.-]{1,64}";
const LABEL_VALUE = `[^,${UNSEEN}]{0,256}`;

export const Labels = Type.Record(
  Type.String({ pattern: `^${LABEL_NAME}$` }),
  Type.String({ pattern: `^${LABEL_VALUE}$` }),
  { maxProperties: 32, additionalProperties: false, description: "Free texts by name." },
);

/** The same as a list of texts, for queries and forms. */
export const LabelList = Type.Array(
  Type.String({ pattern: `^${LABEL_NAME}:${LABEL_VALUE}$`, examples: ["project:alpha"] }),
  {
    minItems: 1,
    maxItems: 32,
    uniqueItems: true,
    description: "Labels as `name:value`, with commas between them.",
    examples: [["project:alpha", "team:web"]],
  },
);

export const WebhookUrl = Type.String({
  maxLength: 2048,
  description: "Address that is told of the job's end; http or https.",
  examples: ["https://example.com/tessera"],
});

/** A job as it is shown, everywhere: REST, events, webhooks, the client and the command line. */
export const JobSchema = Type.Object(
  {
    id: Type.String(),
    state: Type.Unsafe<(typeof SHOWN_STATES)[number]>(ShownState),
    priority: Priority,
    owner: Type.String({ description: "Whose it is." }),
    labels: Labels,
    batch: Type.Optional(Type.String()),
    webhook: Type.Optional(WebhookUrl),
    expires_at: Type.Optional(
      Type.String({
        format: "date-time",
        description:
          "Once it has ended: until when its result can be had, or until when it can be tried again.",
      }),
    ),
    created_at: Time,
    ended_at: Type.Optional(Time),
    wall_ms: Type.Number({ description: "Since it was created, until it ended." }),
    source: Type.Object({
      name: Type.String(),
      type: Type.String(),
      width: Type.Integer(),
      height: Type.Integer(),
      bytes: Type.Integer(),
      expires_at: Type.Optional(
        Type.String({
          format: "date-time",
          description: "Once the job has ended: until when the image can be had; without it, it cannot.",
        }),
      ),
    }),
    pipeline: Type.Array(Step),
    stages: Type.Integer(),
    attempts: Type.Integer({ description: "1, and one more for each time that it was tried again." }),
    progress: Type.Object({
      tiles_done: Type.Integer(),
      tiles_total: Type.Integer(),
      tiles_failed: Type.Integer({
        description: "Those whose last attempt was made in vain; they are tried again while the job runs.",
      }),
      tiles_retried: Type.Integer({ description: "Attempts at tiles that were made in vain." }),
      tiles_per_second: Type.Number(),
      seconds_left: Type.Optional(Type.Number()),
      heard_ms_ago: Type.Optional(
        Type.Number({
          description:
            "While it is under way: since one of its tiles last came back, or since it was taken up, by the master's clock.",
        }),
      ),
    }),
    output: Type.Object({
      format: Type.String(),
      width: Type.Integer(),
      height: Type.Integer(),
      bytes: Type.Optional(Type.Integer()),
    }),
    phases: Type.Optional(
      Type.Record(Type.String(), Type.Number(), { description: "Milliseconds by phase; phases overlap." }),
    ),
    timeline: Type.Optional(
      Type.Array(
        Type.Object({
          phase: Type.String(),
          from_ms: Type.Number({ description: "When it began, after the job was created." }),
          ms: Type.Number({ description: "So far, of one that has not ended." }),
        }),
        { description: "The same phases, of the job's last run." },
      ),
    ),
    error: Type.Optional(JobError),
  },
  { $id: "Job" },
);

export type JobView = Static<typeof JobSchema>;
