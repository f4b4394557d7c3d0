import type { Admin } from "kafkajs";
import { readTopics, type TopicState } from "./topic_state.ts";
import type { WantedTopic } from "./topics.ts";

/** What is wrong with a topic. */
export type TopicFault = {
  readonly topic: WantedTopic;
  readonly sentence: string;
} & (
  | { readonly kind: "missing" | "partitions" | "replicas" }
  /** What the configuration ought to be instead. */
  | { readonly kind: "config"; readonly config: string; readonly right: string; readonly state: TopicState }
);

const MIB = 1024 * 1024;

/** Only whole segments are thrown away, so they are small; but one has to hold the largest message. */
export const segmentBytes = ({ messageBytesMax }: WantedTopic): number =>
  Math.max(16 * MIB, 2 * messageBytesMax);

/** A partition that may not hold so many of the largest messages can lose some before anybody has read them. */
const MESSAGES_KEPT_MIN = 64;

/** In the order of `wanted`. */
export async function faultsOf(admin: Admin, wanted: readonly WantedTopic[]): Promise<TopicFault[]> {
  const states = await readTopics(
    admin,
    wanted.map(({ name }) => name),
  );
  return wanted.flatMap((topic) => topicFaults(topic, states.get(topic.name)));
}

function topicFaults(topic: WantedTopic, state: TopicState | undefined): TopicFault[] {
  const { name, partitions, replicas } = topic;
  if (state === undefined) return [{ topic, kind: "missing", sentence: `Topic ${name} is missing.` }];
  const faults: TopicFault[] = [];
  const has = state.partitions.length;
  if (has < partitions) {
    const sentence = `Topic ${name} has ${has} partitions; ${partitions} are wanted.`;
    faults.push({ topic, kind: "partitions", sentence });
  }
  if (state.replicas < replicas) {
    const sentence = `Topic ${name} has ${state.replicas} replicas; ${replicas} are wanted.`;
    faults.push({ topic, kind: "replicas", sentence });
  }
  for (const { config, wrong, right } of RULES) {
    const value = state.config.get(config);
    const what = value === undefined ? undefined : wrong(value, topic, state);
    if (what !== undefined) {
      const sentence = `Topic ${name} ${what} (${config}).`;
      faults.push({ topic, kind: "config", sentence, config, right: String(right(topic, state)), state });
    }
  }
  return faults;
}

interface Rule {
  readonly config: string;
  /** Completes "Topic tasks …"; undefined if the value will do. Limits of −1 are none. */
  readonly wrong: (value: string, topic: WantedTopic, state: TopicState) => string | undefined;
  readonly right: (topic: WantedTopic, state: TopicState) => string | number;
}

const minInSync = ({ minInSync: wanted }: WantedTopic, { replicas }: TopicState) =>
  Math.min(wanted, replicas);

const RULES: readonly Rule[] = [
  {
    config: "min.insync.replicas",
    wrong(value, topic, state) {
      if (Number(value) > state.replicas)
        return `takes no message: it waits for ${value} replicas and has ${state.replicas}`;
      return Number(value) < minInSync(topic, state)
        ? `takes a message once ${value} replicas have it; ${topic.minInSync} are wanted`
        : undefined;
    },
    right: minInSync,
  },
  {
    config: "max.message.bytes",
    wrong: (value, { messageBytesMax }) =>
      Number(value) < messageBytesMax
        ? `takes messages of ${value} bytes; ${messageBytesMax} are wanted`
        : undefined,
    right: ({ messageBytesMax }) => messageBytesMax,
  },
  {
    config: "segment.bytes",
    wrong: (value, { messageBytesMax }) =>
      Number(value) < messageBytesMax
        ? `has segments of ${value} bytes, which hold no message of ${messageBytesMax}`
        : undefined,
    right: segmentBytes,
  },
  {
    config: "retention.ms",
    wrong: (value, { retentionMs }) =>
      Number(value) >= 0 && Number(value) < retentionMs
        ? `keeps messages for ${value} ms; ${retentionMs} are wanted`
        : undefined,
    right: ({ retentionMs }) => retentionMs,
  },
  {
    config: "retention.bytes",
    wrong(value, { messageBytesMax }) {
      const least = MESSAGES_KEPT_MIN * messageBytesMax;
      return Number(value) >= 0 && Number(value) < least
        ? `keeps ${value} bytes a partition, whatever their age; at least ${least} or no limit, -1, are wanted`
        : undefined;
    },
    right: () => -1,
  },
  {
    config: "cleanup.policy",
    wrong: (value) =>
      value.includes("compact") ? `keeps only the last message of each key; delete is wanted` : undefined,
    right: () => "delete",
  },
  {
    config: "compression.type",
    wrong: (value) =>
      value !== "uncompressed" ? `has the codec ${value}; uncompressed is wanted` : undefined,
    right: () => "uncompressed",
  },
];
