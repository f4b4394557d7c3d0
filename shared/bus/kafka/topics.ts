import { TesseraError } from "../../errors.ts";
import type { Topic } from "../port.ts";
import { withAdmin } from "./admin.ts";
import type { KafkaSettings } from "./client.ts";
import { changeTopics, type TopicChanges } from "./topic_changes.ts";
import { faultsOf } from "./topic_faults.ts";
import { untilKnown } from "./until_known.ts";

export const TOPICS = ["tasks", "results", "heartbeats", "dead-letters"] as const satisfies readonly Topic[];
/** Without these nobody can work. A worker need not even see the dead letters. */
const NEEDED: readonly Topic[] = ["tasks", "results", "heartbeats"];

/** How a topic has to be at the least. */
export interface TopicSettings {
  readonly partitions: number;
  /** Brokers that hold each message. */
  readonly replicas: number;
  /** Replicas that have to have a message before it counts as sent. */
  readonly minInSync: number;
  readonly messageBytesMax: number;
  readonly retentionMs: number;
}

export type TopicTable = Readonly<Record<Topic, TopicSettings>>;

/** A topic under its name in Kafka. */
export interface WantedTopic extends TopicSettings {
  readonly name: string;
}

type Prefixed = Pick<KafkaSettings, "prefix">;

export const topicName = ({ prefix = "" }: Prefixed, topic: Topic): string => `${prefix}${topic}`;
/** The group of all workers, which share `tasks`. */
export const workerGroup = ({ prefix = "" }: Prefixed): string => `${prefix}image-workers`;

/**
 * Creates the topics that are missing, also while another process does the same. Those that are there it leaves as
 * they are, unless `changes` says more.
 *
 * @returns as `checkTopics`
 */
export const createTopics = (
  settings: KafkaSettings,
  table: TopicTable,
  changes: TopicChanges = {},
): Promise<string[]> =>
  withAdmin(settings, async (admin) => {
    const faults = await changeTopics(admin, wantedOf(settings, table), changes);
    return faults.map(({ sentence }) => sentence);
  });

/** What is wrong with the topics, a sentence each; nothing if all is well. Changes nothing. */
export const checkTopics = (settings: KafkaSettings, table: TopicTable): Promise<string[]> =>
  withAdmin(settings, async (admin) => {
    const faults = await faultsOf(admin, wantedOf(settings, table));
    return faults.map(({ sentence }) => sentence);
  });

/** A broker may hear of topics that another process has just made, or been allowed to see, a little later. */
const MISSING_MAX_MS = 2000;

/** @throws bus_topic_missing after two seconds, and whatever keeps us from asking */
export const requireTopics = (settings: KafkaSettings): Promise<void> =>
  withAdmin(settings, async (admin) => {
    const missing = await untilKnown(
      async () => {
        const there = new Set(await admin.listTopics());
        return NEEDED.map((topic) => topicName(settings, topic)).filter((name) => !there.has(name));
      },
      ({ length }) => length === 0,
      MISSING_MAX_MS,
    );
    if (missing.length > 0) throw new TesseraError("bus_topic_missing", `Missing: ${missing.join(", ")}.`);
  });

const wantedOf = (settings: KafkaSettings, table: TopicTable): WantedTopic[] =>
  TOPICS.map((topic) => ({ name: topicName(settings, topic), ...table[topic] }));
