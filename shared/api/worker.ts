import { Type } from "@sinclair/typebox";

export const WORKER_STATES = ["live", "silent", "lost", "draining", "left", "incompatible"] as const;

/** A worker as it is shown. */
export const WorkerSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    host: Type.String(),
    version: Type.String(),
    state: Type.Unsafe<(typeof WORKER_STATES)[number]>(
      Type.Union(
        WORKER_STATES.map((state) => Type.Literal(state)),
        {
          description:
            "`live` ones are given tiles; `silent` ones have not been heard of for a while and their tiles go to others; `lost` ones are not waited for any more; `incompatible` ones would give other pixels, or do not speak our protocol.",
        },
      ),
    ),
    protocol: Type.Integer(),
    fingerprint: Type.String(),
    differs: Type.Array(Type.String(), {
      description: "Ops that give other pixels than the master's, of an incompatible one.",
    }),
    threads: Type.Integer(),
    partitions: Type.Integer(),
    in_flight: Type.Integer(),
    tiles_done: Type.Integer(),
    tiles_per_second: Type.Number(),
    load: Type.Number({ description: "Cores that its process keeps busy." }),
    rss_bytes: Type.Integer(),
    heard_ms_ago: Type.Number({ description: "Since it was last heard of, by the master's clock." }),
  },
  { $id: "Worker" },
);
