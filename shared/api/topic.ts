import { type Static, type TSchema, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";

/** Nothing of a topic that is missing. */
const unlessMissing = <T extends TSchema>(figure: T) => Type.Optional(figure);

const TopicSchema = Type.Object(
  {
    topic: Type.String({ description: "What it is for." }),
    name: Type.String({ description: "In Kafka." }),
    missing: Type.Boolean(),
    partitions: unlessMissing(Type.Integer()),
    replicas: unlessMissing(Type.Integer({ description: "Of the partition that has the fewest." })),
    in_sync: unlessMissing(
      Type.Integer({ description: "Replicas that have everything, of the partition that has the fewest." }),
    ),
    messages: unlessMissing(Type.Integer({ description: "Kept now, over all partitions." })),
    lag: Type.Optional(
      Type.Integer({ description: "Messages that workers have not done; only of tasks, where Kafka says." }),
    ),
  },
  { $id: "Topic" },
);

export const TopicsSchema = Type.Object({
  topics: Type.Array(TopicSchema),
  trouble: Type.Optional(
    Type.Unsafe<ErrorCode>(Type.String({ description: "Why Kafka does not say, if it does not." })),
  ),
});
export type TopicsView = Static<typeof TopicsSchema>;
