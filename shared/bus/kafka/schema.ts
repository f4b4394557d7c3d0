import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

/** What stands in a message's header beside the pixels. Whatever is longer or larger than this was not sent by us. */
const Text = (characters: number) => Type.String({ maxLength: characters });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Count = Type.Integer({ minimum: 0, maximum: 2 ** 40 });
const Amount = Type.Number({ minimum: 0 });
const Side = Type.Integer({ minimum: 1, maximum: 2 ** 31 });
/** A window may be empty: where an op adds to the image there is nothing to read. */
const Extent = Type.Integer({ minimum: 0, maximum: 2 ** 31 });
const Place = Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 });
const Channels = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)]);
const Depth = Type.Union([Type.Literal(8), Type.Literal(16)]);
const STEPS_MAX = 1000;
const PARTITIONS_MAX = 100_000;
const ATTEMPTS_MAX = 1000;

const Closed = { additionalProperties: false };
const Format = Type.Object({ channels: Channels, depth: Depth }, Closed);
const Shape = Type.Object({ width: Side, height: Side, channels: Channels, depth: Depth }, Closed);
const Rect = Type.Object({ x: Place, y: Place, width: Side, height: Side }, Closed);
const Window = Type.Object({ x: Place, y: Place, width: Extent, height: Extent }, Closed);
const Pixels = Type.Object({ rect: Window, format: Format, bytes: Count }, Closed);
const Steps = Type.Array(Type.Object({ op: Name }), { maxItems: STEPS_MAX });
const tile = { master: Name, job: Name, stage: Count, tile: Count, attempt: Count };
const named = { ...tile, token: Name };

const TaskMeta = Type.Object(
  {
    ...named,
    worker: Name,
    steps: Steps,
    input: Shape,
    out: Rect,
    window: Pixels,
    pixels: Type.Boolean(),
    figures: Type.Boolean(),
  },
  Closed,
);

const DoneMeta = Type.Object(
  {
    ...named,
    ok: Type.Literal(true),
    worker: Name,
    ms: Amount,
    pixels: Type.Optional(Pixels),
    /** How many; four bytes each, behind the pixels. */
    figures: Type.Optional(Count),
  },
  Closed,
);

const FailedMeta = Type.Object(
  { ...named, ok: Type.Literal(false), worker: Name, code: Name, message: Text(10_000) },
  Closed,
);

const ResultMeta = Type.Union([DoneMeta, FailedMeta]);

/** What no version changes, so that each can name another's task and send it back. */
const TileMeta = Type.Object(named);
const ReturnMeta = Type.Object({
  ...named,
  ok: Type.Literal(false),
  worker: Name,
  code: Type.Literal("tile_misdelivered"),
});

/** Open to fields of versions to come: a worker of another version is to be seen, though it gets no tiles. */
const HeartbeatMeta = Type.Object({
  worker: Name,
  name: Name,
  host: Name,
  version: Name,
  phase: Type.Union([Type.Literal("working"), Type.Literal("draining"), Type.Literal("left")]),
  fingerprint: Name,
  ops: Type.Record(Name, Name, { maxProperties: STEPS_MAX }),
  threads: Type.Integer({ minimum: 1, maximum: 4096 }),
  partitions: Type.Array(Type.Integer({ minimum: 0, maximum: PARTITIONS_MAX }), { maxItems: PARTITIONS_MAX }),
  inFlight: Count,
  tilesDone: Count,
  tilesPerSecond: Amount,
  load: Amount,
  rssBytes: Count,
});

const DeadLetterMeta = Type.Object(
  {
    ...tile,
    steps: Steps,
    input: Shape,
    out: Rect,
    workers: Type.Array(Name, { maxItems: ATTEMPTS_MAX }),
    code: Name,
    message: Text(10_000),
    atMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  Closed,
);

export type TaskMeta = Static<typeof TaskMeta>;
export type DoneMeta = Static<typeof DoneMeta>;
export type FailedMeta = Static<typeof FailedMeta>;
export type PixelsMeta = Static<typeof Pixels>;
export type HeartbeatMeta = Static<typeof HeartbeatMeta>;
export type DeadLetterMeta = Static<typeof DeadLetterMeta>;

function checker<T extends TSchema>(schema: T): (value: unknown) => value is Static<T> {
  const compiled = TypeCompiler.Compile(schema);
  return (value): value is Static<T> => compiled.Check(value);
}

export const isTaskMeta = checker(TaskMeta);
export const isResultMeta = checker(ResultMeta);
export const isTileMeta = checker(TileMeta);
export const isReturnMeta = checker(ReturnMeta);
export const isHeartbeatMeta = checker(HeartbeatMeta);
export const isDeadLetterMeta = checker(DeadLetterMeta);
