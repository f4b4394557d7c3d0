/**
 * Watching live, over a WebSocket or as Server-Sent Events: the same messages both ways.
 *
 * A reader subscribes to topics. Of each it is told the whole first (`snapshot`), then what has changed, as it is now:
 * of what changes often only the latest is told. `seq` counts changes. A reader that comes back says the `epoch` of the
 * hello and the last `seq` of the topic, and is told what it has missed, or the whole if that was too long ago.
 */
import { type Static, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { JobSchema } from "./job.ts";
import { strict } from "./route.ts";
import { StatsSchema } from "./stats.ts";
import { StageGridSchema, TileSchema } from "./tiles.ts";
import { WorkerSchema } from "./worker.ts";

export const EventTopic = Type.String({
  pattern: "^(jobs|workers|stats|(job|tiles):[\\w-]{1,100})$",
  description:
    "`jobs` (the caller's; everyone's for `admin`), `workers`, `stats`, and `job:` or `tiles:` with a job's id.",
  examples: ["jobs", "job:0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911"],
});

export const Since = strict({ epoch: Type.String({ maxLength: 64 }), seq: Type.Integer({ minimum: 0 }) });

/** What a reader says over a WebSocket, as JSON texts. */
export const ClientMessage = Type.Union([
  strict({ type: Type.Literal("subscribe"), topic: EventTopic, since: Type.Optional(Since) }),
  strict({ type: Type.Literal("unsubscribe"), topic: EventTopic }),
]);

const message = <T extends Parameters<typeof Type.Object>[0], N extends string>(type: N, properties: T) =>
  Type.Object({ type: Type.Literal(type), ...properties });

const TOLD = {
  topic: EventTopic,
  seq: Type.Integer({ description: "All changes up to this one are told." }),
  snapshot: Type.Boolean({ description: "It is the whole: what was told before and is not in it is gone." }),
};

const Gone = Type.Array(Type.String(), { description: "Ids of what is not there any more." });

/** The first message. */
const Hello = message("hello", { epoch: Type.String({ description: "Another one: `seq` began anew." }) });
const JobMessage = message("job", { ...TOLD, job: JobSchema });
const JobsMessage = message("jobs", {
  ...TOLD,
  jobs: Type.Array(JobSchema, { description: "In a snapshot the newest ones." }),
  gone: Gone,
});
const WorkersMessage = message("workers", { ...TOLD, workers: Type.Array(WorkerSchema), gone: Gone });
const StatsMessage = message("stats", { ...TOLD, stats: StatsSchema });
/** Over a WebSocket it is a binary frame: see `tile_frame.ts`. */
const TilesMessage = message("tiles", {
  ...TOLD,
  part: Type.Integer({
    description: "A long snapshot comes in parts; what is told before all of it counts for nothing.",
  }),
  more: Type.Boolean({ description: "Another part of the snapshot follows." }),
  stages: Type.Array(StageGridSchema, { description: "In the first part of a snapshot." }),
  tiles: Type.Array(TileSchema, { description: "In a snapshot all that have been tried." }),
});
/** Nothing has happened for a while; the connection lives. */
const AliveMessage = message("alive", {});
/** The subscription has ended: its job is not there any more. */
const GoneMessage = message("gone", { topic: EventTopic });
/** Something that was said could not be done, or the connection is about to be closed. */
const ErrorMessage = message("error", {
  code: Type.Unsafe<ErrorCode>(Type.String()),
  message: Type.String(),
  topic: Type.Optional(Type.String()),
});

/** What a reader is told. */
export const ServerMessage = Type.Union([
  Hello,
  JobMessage,
  JobsMessage,
  TilesMessage,
  WorkersMessage,
  StatsMessage,
  AliveMessage,
  GoneMessage,
  ErrorMessage,
]);

export type Since = Static<typeof Since>;
export type ClientMessage = Static<typeof ClientMessage>;
export type ServerMessage = Static<typeof ServerMessage>;
export type TilesMessage = Static<typeof TilesMessage>;
export type GoneMessage = Extract<ServerMessage, { type: "gone" }>;
/** A message that tells of a topic's state. */
export type TopicMessage = Extract<ServerMessage, { seq: number }>;
