/**
 * Watching live, over a WebSocket or as Server-Sent Events: the same messages both ways.
 *
 * A reader subscribes to topics. Of each it is told the whole first (`snapshot`), then what has changed, as it is now:
 * of what changes often only the latest is told. `seq` counts changes. A reader that comes back says the `epoch` of the
 * hello and the last `seq` of the topic, and is told what it has missed, or the whole if that was too long ago.
 */
import { type Static, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { BatchSchema } from "./batch.ts";
import { JobSchema } from "./job.ts";
import { strict } from "./route.ts";
import { TILE_STATES } from "./states.ts";
import { StatsSchema } from "./stats.ts";
import { StageGridSchema, TileSchema } from "./tiles.ts";
import { WorkerSchema } from "./worker.ts";

export const EventTopic = Type.String({
  pattern: "^(jobs|batches|workers|stats|(job|tiles|batch):[\\w-]{1,100})$",
  description:
    "`jobs` and `batches` (the caller's; everyone's for `admin`), `workers`, `stats`, `job:` or `tiles:` with a job's id, and `batch:` with a batch's.",
  examples: ["jobs", "job:0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911"],
});

export const Since = strict({ epoch: Type.String({ maxLength: 64 }), seq: Type.Integer({ minimum: 0 }) });

/** What a reader says over a WebSocket, as JSON texts. */
export const ClientMessage = Type.Union(
  [
    strict({ type: Type.Literal("subscribe"), topic: EventTopic, since: Type.Optional(Since) }),
    strict({ type: Type.Literal("unsubscribe"), topic: EventTopic }),
  ],
  { $id: "ClientMessage", description: "What a reader says over a WebSocket, as JSON texts." },
);

const nameOf = (type: string): string => `${type[0]!.toUpperCase()}${type.slice(1)}Message`;

const message = <T extends Parameters<typeof Type.Object>[0], N extends string>(
  type: N,
  description: string,
  properties: T,
) => Type.Object({ type: Type.Literal(type), ...properties }, { $id: nameOf(type), description });

const TOLD = {
  topic: EventTopic,
  seq: Type.Integer({ description: "All changes up to this one are told." }),
  snapshot: Type.Boolean({ description: "It is the whole: what was told before and is not in it is gone." }),
};

const Gone = Type.Array(Type.String(), { description: "Ids of what is not there any more." });

const HelloMessage = message("hello", "The first message.", {
  epoch: Type.String({ description: "Another one: `seq` began anew." }),
});
const JobMessage = message("job", "A job as it is now.", { ...TOLD, job: JobSchema });
const JobsMessage = message("jobs", "Jobs as they are now.", {
  ...TOLD,
  jobs: Type.Array(JobSchema, { description: "In a snapshot the newest ones." }),
  gone: Gone,
});
const BatchMessage = message("batch", "A batch as it is now, with what its jobs come to.", {
  ...TOLD,
  batch: BatchSchema,
});
const BatchesMessage = message("batches", "Batches as they are now.", {
  ...TOLD,
  batches: Type.Array(BatchSchema, { description: "In a snapshot the newest ones." }),
  gone: Gone,
});
const WorkersMessage = message("workers", "Workers as they are now.", {
  ...TOLD,
  workers: Type.Array(WorkerSchema),
  gone: Gone,
});
const StatsMessage = message("stats", "What there is to do and what was done.", {
  ...TOLD,
  stats: StatsSchema,
});
const TilesMessage = message(
  "tiles",
  `Tiles of a job as they are now. Over a WebSocket a binary frame (numbers with the lower byte first): the length of the head in 4 bytes; the head, which is this as JSON without \`tiles\`, and with \`workers\`, the ids of those whom the tiles name; then 12 bytes a tile: stage (2), tile (4), state (1: ${TILE_STATES.map((state, i) => `${i} ${state}`).join(", ")}), attempt (1), worker (2: its place in \`workers\` counted from 1, 0 for nobody), ms (2).`,
  {
    ...TOLD,
    part: Type.Integer({
      description: "A long snapshot comes in parts; what is told before all of it counts for nothing.",
    }),
    more: Type.Boolean({ description: "Another part of the snapshot follows." }),
    stages: Type.Array(StageGridSchema, { description: "In the first part of a snapshot." }),
    tiles: Type.Array(TileSchema, { description: "In a snapshot all that have been tried." }),
  },
);
const AliveMessage = message("alive", "Nothing has happened for a while; the connection lives.", {});
const GoneMessage = message("gone", "The subscription has ended: its job or batch is not there any more.", {
  topic: EventTopic,
});
const ErrorMessage = message(
  "error",
  "Something that was said could not be done, or the connection is about to be closed.",
  {
    code: Type.Unsafe<ErrorCode>(Type.String()),
    message: Type.String(),
    topic: Type.Optional(Type.String()),
  },
);

const MESSAGES = [
  HelloMessage,
  JobMessage,
  JobsMessage,
  BatchMessage,
  BatchesMessage,
  TilesMessage,
  WorkersMessage,
  StatsMessage,
  AliveMessage,
  GoneMessage,
  ErrorMessage,
] as const;

/** What a reader is told. */
export const ServerMessage = Type.Union([...MESSAGES], {
  $id: "ServerMessage",
  description: "What a reader is told. A newer server may say more: what is not known is to be left alone.",
  discriminator: {
    propertyName: "type",
    mapping: Object.fromEntries(
      MESSAGES.map(({ $id, properties }) => [properties.type.const, `#/components/schemas/${$id}`]),
    ),
  },
});

export type Since = Static<typeof Since>;
export type ClientMessage = Static<typeof ClientMessage>;
export type ServerMessage = Static<typeof ServerMessage>;
export type TilesMessage = Static<typeof TilesMessage>;
export type GoneMessage = Extract<ServerMessage, { type: "gone" }>;
/** A message that tells of a topic's state. */
export type TopicMessage = Extract<ServerMessage, { seq: number }>;
