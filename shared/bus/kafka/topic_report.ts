import type { Admin } from "kafkajs";
import type { TopicFigures, TopicReport } from "../port.ts";
import { withAdmin } from "./admin.ts";
import type { KafkaSettings } from "./client.ts";
import { busFault } from "./faults.ts";
import { readTopics, type TopicState } from "./topic_state.ts";
import { TOPICS, topicName, workerGroup } from "./topics.ts";
import { untilKnown } from "./until_known.ts";

/** How the topics stand, in the order of `TOPICS`. What they take on disk kafkajs cannot ask for. */
export const reportTopics = (settings: KafkaSettings): Promise<TopicReport[]> =>
  withAdmin(settings, async (admin) => {
    const names = TOPICS.map((topic) => topicName(settings, topic));
    const states = await readTopics(admin, names);
    return Promise.all(
      TOPICS.map(async (topic, i): Promise<TopicReport> => {
        const name = names[i]!;
        const state = states.get(name);
        if (state === undefined) return { topic, name, missing: true };
        // Results are read by each master for itself; heartbeats and dead letters are looked at.
        const group = topic === "tasks" ? workerGroup(settings) : undefined;
        return { topic, name, missing: false, ...(await figuresOf(admin, state, group)) };
      }),
    );
  });

async function figuresOf(admin: Admin, state: TopicState, group: string | undefined): Promise<TopicFigures> {
  const ends = await untilKnown(() => admin.fetchTopicOffsets(state.name));
  const committed = group === undefined ? undefined : await committedOffsets(admin, state.name, group);
  let messages = 0n;
  let lag = 0n;
  for (const { partition, low, high } of ends) {
    const [from, to] = [BigInt(low), BigInt(high)];
    const done = committed?.get(partition) ?? -1n; // −1: nothing yet
    messages += to - from;
    lag += to - (done > from ? done : from);
  }
  return {
    partitions: state.partitions.length,
    replicas: state.replicas,
    inSync: Math.min(...state.partitions.map(({ isr }) => isr.length)),
    messageBytesMax: Number(state.config.get("max.message.bytes")),
    retentionMs: Number(state.config.get("retention.ms")),
    messages: Number(messages),
    lag: committed && Number(lag),
  };
}

/** Undefined where this user may not look at the group. */
async function committedOffsets(
  admin: Admin,
  topic: string,
  groupId: string,
): Promise<ReadonlyMap<number, bigint> | undefined> {
  try {
    const [found] = await untilKnown(() => admin.fetchOffsets({ groupId, topics: [topic] }));
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  } catch (thrown) {
    const fault = busFault(thrown, "bus_request_refused");
    if (fault.code === "bus_not_allowed") return undefined;
    throw fault;
  }
}
