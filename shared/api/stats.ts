import { type Static, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { Time } from "./common.ts";
import { SHOWN_STATES } from "./states.ts";
import { WORKER_STATES } from "./worker.ts";

/** How many there are, by state. */
const counts = <S extends string>(states: readonly S[]) =>
  Type.Unsafe<Record<S, number>>(
    Type.Object(Object.fromEntries(states.map((state) => [state, Type.Integer({ minimum: 0 })]))),
  );

/** Nothing where there were no tiles. */
const Milliseconds = Type.Union([Type.Number(), Type.Null()]);

const Health = Type.Object({
  troubles: Type.Array(
    Type.Object({
      part: Type.String({ description: "disk, store or bus." }),
      code: Type.Optional(Type.Unsafe<ErrorCode>(Type.String())),
      message: Type.String({ description: "What is wrong and what to do." }),
    }),
    { description: "What keeps jobs from being taken in." },
  ),
  warnings: Type.Array(Type.String(), {
    description: "What is not as it should be, but keeps nobody from sending images.",
  }),
});

const STATS = {
  health: Health,
  version: Type.String({ description: "Of the master." }),
  uptime_seconds: Type.Integer(),
  jobs: counts(SHOWN_STATES),
  queue: Type.Integer({ description: "Jobs that wait to begin, of everyone." }),
  workers: counts(WORKER_STATES),
  threads: Type.Integer({ description: "That compute tiles, of all live workers." }),
  tiles: Type.Object({
    in_flight: Type.Integer({ description: "With live workers." }),
    per_second: Type.Number({ description: "Of all live workers, lately." }),
    sent: Type.Integer({ description: "To workers, since the master's start." }),
    sent_again: Type.Integer({ description: "Of them those that were out already with another." }),
    done: Type.Integer({ description: "Since the master's start." }),
    failed: Type.Integer({ description: "Attempts that were made in vain, since the master's start." }),
    bytes: Type.Integer({ description: "Of the pixels of those that are done, since the master's start." }),
    ms: Type.Object(
      { p50: Milliseconds, p95: Milliseconds },
      { description: "A thread's time for one tile, of the last minutes; null if there were none." },
    ),
  }),
  disk: Type.Object({
    free_bytes: Type.Integer({ description: "On the disk of the master's folder." }),
    kept_free_bytes: Type.Integer({ description: "Of it, what no job may take." }),
  }),
  bus: Type.Optional(
    Type.Object(
      { sent_bytes: Type.Integer(), received_bytes: Type.Integer() },
      { description: "Over Kafka: what the master has sent and received since its start." },
    ),
  ),
};

/** What there is to do, and who does it how quickly. */
export const StatsSchema = Type.Object(STATS, { $id: "Stats" });
export type Stats = Static<typeof StatsSchema>;

const History = Type.Object(
  {
    at: Type.Array(Time),
    jobs_running: Type.Array(Type.Integer()),
    jobs_queued: Type.Array(Type.Integer()),
    tiles_per_second: Type.Array(Type.Number()),
    bytes_per_second: Type.Array(Type.Integer({ description: "Of the pixels of tiles." })),
    tiles_failed: Type.Array(Type.Integer({ description: "Attempts made in vain." })),
    tile_ms_p50: Type.Array(Milliseconds),
    tile_ms_p95: Type.Array(Milliseconds),
  },
  {
    description:
      "The last hour, the oldest first: what was at each of these times, and what happened since the one before. Of everyone's jobs.",
  },
);
export type HistoryView = Static<typeof History>;

/** The same with how it went. */
export const StatsWithHistorySchema = Type.Object(
  { ...STATS, history: History },
  { $id: "StatsWithHistory" },
);
