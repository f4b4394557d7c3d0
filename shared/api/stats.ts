import { type Static, Type } from "@sinclair/typebox";
import { SHOWN_STATES } from "./job.ts";
import { WORKER_STATES } from "./worker.ts";

/** How many there are, by state. */
const counts = <S extends string>(states: readonly S[]) =>
  Type.Unsafe<Record<S, number>>(
    Type.Object(Object.fromEntries(states.map((state) => [state, Type.Integer({ minimum: 0 })]))),
  );

/** What there is to do, and who does it how quickly. */
export const StatsSchema = Type.Object(
  {
    jobs: counts(SHOWN_STATES),
    workers: counts(WORKER_STATES),
    threads: Type.Integer({ description: "That compute tiles, of all live workers." }),
    tiles: Type.Object({
      in_flight: Type.Integer({ description: "With live workers." }),
      per_second: Type.Number({ description: "Of all live workers, lately." }),
      sent: Type.Integer({ description: "To workers, since the master's start." }),
      sent_again: Type.Integer({ description: "Of them those that were out already with another." }),
    }),
  },
  { $id: "Stats" },
);
export type Stats = Static<typeof StatsSchema>;
