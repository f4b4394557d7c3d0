import { type Static, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { Step, Time } from "./common.ts";

export const PRIORITY = { default: 5, minimum: 0, maximum: 9 } as const;

export const Priority = Type.Integer({
  minimum: PRIORITY.minimum,
  maximum: PRIORITY.maximum,
  description: "Of two jobs whose priorities differ by one, the higher one gets twice as many tiles done.",
});

/** The states of a job that has not ended, in order, and of one that has. */
export const ACTIVE_STATES = ["queued", "ingesting", "running", "exporting"] as const;
export const ENDED_STATES = ["done", "failed", "cancelled"] as const;
/** As jobs are shown: `paused` stands for whichever active state the job was interrupted in. */
export const SHOWN_STATES = [...ACTIVE_STATES, "paused", ...ENDED_STATES] as const;

const State = Type.Union(SHOWN_STATES.map((state) => Type.Literal(state)));

const JobError = Type.Object({ code: Type.Unsafe<ErrorCode>(Type.String()), message: Type.String() });

const Labels = Type.Record(Type.String({ pattern: "^[\\w.-]{1,64}$" }), Type.String({ maxLength: 256 }), {
  maxProperties: 32,
  description: "Free texts by name.",
});

export const WebhookUrl = Type.String({
  maxLength: 2048,
  description: "Address that is told of the job's end; http or https.",
  examples: ["https://example.com/tessera"],
});

/** A job as it is shown, everywhere: REST, events, webhooks, the client and the command line. */
export const JobSchema = Type.Object(
  {
    id: Type.String(),
    state: Type.Unsafe<(typeof SHOWN_STATES)[number]>(State),
    priority: Priority,
    owner: Type.String({ description: "Whose it is." }),
    labels: Labels,
    batch: Type.Optional(Type.String()),
    webhook: Type.Optional(WebhookUrl),
    expires_at: Type.Optional(Time),
    created_at: Time,
    ended_at: Type.Optional(Time),
    wall_ms: Type.Number({ description: "Since it was created, until it ended." }),
    source: Type.Object({
      name: Type.String(),
      type: Type.String(),
      width: Type.Integer(),
      height: Type.Integer(),
      bytes: Type.Integer(),
    }),
    pipeline: Type.Array(Step),
    stages: Type.Integer(),
    progress: Type.Object({
      tiles_done: Type.Integer(),
      tiles_total: Type.Integer(),
      tiles_retried: Type.Integer(),
      tiles_per_second: Type.Number(),
      seconds_left: Type.Optional(Type.Number()),
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
    error: Type.Optional(JobError),
  },
  { $id: "Job" },
);

export type JobView = Static<typeof JobSchema>;
