import { type Static, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

/** What stands in a message's header beside the pixels. Whatever is longer or larger than this was not sent by us. */
const Text = (characters: number) => Type.String({ maxLength: characters });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Count = Type.Integer({ minimum: 0, maximum: 2 ** 40 });
const Side = Type.Integer({ minimum: 1, maximum: 2 ** 31 });
const Place = Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 });
const Channels = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)]);
const Depth = Type.Union([Type.Literal(8), Type.Literal(16)]);
const STEPS_MAX = 1000;

const Closed = { additionalProperties: false };
const Format = Type.Object({ channels: Channels, depth: Depth }, Closed);
const Shape = Type.Object({ width: Side, height: Side, channels: Channels, depth: Depth }, Closed);
const Rect = Type.Object({ x: Place, y: Place, width: Side, height: Side }, Closed);
const Pixels = Type.Object({ rect: Rect, format: Format, bytes: Count }, Closed);
const tile = { job: Name, stage: Count, tile: Count, attempt: Count, token: Name };

const TaskMeta = Type.Object(
  {
    ...tile,
    steps: Type.Array(Type.Object({ op: Name }), { maxItems: STEPS_MAX }),
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
    ...tile,
    ok: Type.Literal(true),
    worker: Name,
    ms: Type.Number({ minimum: 0 }),
    pixels: Type.Optional(Pixels),
    /** How many; four bytes each, behind the pixels. */
    figures: Type.Optional(Count),
  },
  Closed,
);

const FailedMeta = Type.Object(
  { ...tile, ok: Type.Literal(false), worker: Name, code: Name, message: Text(10_000) },
  Closed,
);

const ResultMeta = Type.Union([DoneMeta, FailedMeta]);

export type TaskMeta = Static<typeof TaskMeta>;
export type DoneMeta = Static<typeof DoneMeta>;
export type FailedMeta = Static<typeof FailedMeta>;
export type PixelsMeta = Static<typeof Pixels>;

const task = TypeCompiler.Compile(TaskMeta);
const result = TypeCompiler.Compile(ResultMeta);

export const isTaskMeta = (value: unknown): value is TaskMeta => task.Check(value);
export const isResultMeta = (value: unknown): value is DoneMeta | FailedMeta => result.Check(value);
