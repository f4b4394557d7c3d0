import { type Admin, ConfigResourceTypes, type ITopicMetadata } from "kafkajs";
import { TesseraError } from "../../errors.ts";
import type { Topic } from "../port.ts";
import { BRISK, type KafkaSettings, kafkaClient } from "./client.ts";
import { busFault } from "./faults.ts";
import type { Mark } from "./inbox.ts";

export interface TopicSettings {
  readonly partitions: number;
  readonly replicas: number;
  readonly messageBytesMax: number;
  readonly retentionMs: number;
}

export type TopicTable = Readonly<Record<Topic, TopicSettings>>;

const MIB = 1024 * 1024;
const usual = { replicas: 1, messageBytesMax: 8 * MIB, retentionMs: 3_600_000 };

/** As many workers can share `tasks` as it has partitions. */
const TOPICS: TopicTable = {
  tasks: { partitions: 48, ...usual },
  results: { partitions: 12, ...usual },
  heartbeats: { partitions: 1, ...usual },
  "dead-letters": { partitions: 1, ...usual },
};

export const topicName = ({ prefix = "" }: KafkaSettings, topic: Topic): string => `${prefix}${topic}`;
/** The group of all workers. */
export const workerGroup = ({ prefix = "" }: KafkaSettings): string => `${prefix}image-workers`;

interface Wanted extends TopicSettings {
  readonly name: string;
}

/** Creates the topics that are missing. Those that are there it leaves alone. @returns as `checkTopics` */
export const createTopics = (settings: KafkaSettings, table: TopicTable = TOPICS): Promise<string[]> =>
  withAdmin(settings, async (admin) => {
    const wanted = wantedOf(settings, table);
    const there = new Set(await admin.listTopics());
    const missing = wanted.filter(({ name }) => !there.has(name));
    if (missing.length > 0) {
      // Under KRaft waitForLeaders races with the metadata and throws: ask for the leaders ourselves.
      await admin.createTopics({ waitForLeaders: false, topics: missing.map(creation) });
      await leaders(
        admin,
        missing.map(({ name }) => name),
      );
    }
    return faultsOf(admin, wanted);
  });

/** What is wrong with the topics, a sentence each; nothing if all is well. Changes nothing. */
export const checkTopics = (settings: KafkaSettings, table: TopicTable = TOPICS): Promise<string[]> =>
  withAdmin(settings, (admin) => faultsOf(admin, wantedOf(settings, table)));

/** Without these nobody can work. A worker need not even see the dead letters. */
const NEEDED = ["tasks", "results", "heartbeats"] as const;

/** @throws bus_topic_missing, and whatever keeps us from asking */
export const requireTopics = (settings: KafkaSettings): Promise<void> =>
  withAdmin(settings, async (admin) => {
    const there = new Set(await admin.listTopics());
    const missing = NEEDED.map((topic) => topicName(settings, topic)).filter((name) => !there.has(name));
    if (missing.length > 0) throw new TesseraError("bus_topic_missing", `Missing: ${missing.join(", ")}.`);
  });

/** Where each partition of a topic ends now. */
export const endsOf = (settings: KafkaSettings, topic: Topic): Promise<Mark[]> =>
  withAdmin(settings, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topicName(settings, topic));
    return ends.map(({ partition, high }) => ({ partition, offset: BigInt(high) }));
  });

export const deleteGroups = async (settings: KafkaSettings, groups: string[]): Promise<void> => {
  if (groups.length > 0) await withAdmin(settings, async (admin) => void (await admin.deleteGroups(groups)));
};

const wantedOf = (settings: KafkaSettings, table: TopicTable): Wanted[] =>
  (Object.keys(table) as Topic[]).map((topic) => ({ name: topicName(settings, topic), ...table[topic] }));

async function withAdmin<R>(settings: KafkaSettings, body: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = kafkaClient(settings, BRISK).admin();
  try {
    await admin.connect();
    return await body(admin);
  } catch (thrown) {
    throw busFault(thrown, "bus_request_refused");
  } finally {
    await admin.disconnect();
  }
}

function creation({ name, partitions, replicas, messageBytesMax, retentionMs }: Wanted) {
  const config = {
    "max.message.bytes": messageBytesMax,
    "retention.ms": retentionMs,
    // whatever codec a stranger sends with, the broker unpacks it: a consumer that lacks the codec would stop
    "compression.type": "uncompressed",
    // only whole segments are thrown away, so they are small
    "segment.bytes": 16 * MIB,
  };
  const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value: String(value) }));
  return { topic: name, numPartitions: partitions, replicationFactor: replicas, configEntries };
}

const LEADER_POLLS_MAX = 100;
const LEADER_POLL_MS = 100;

/** Resolves when every partition of the topics has a leader. A broker does not know a new topic at once. */
async function leaders(admin: Admin, names: string[]): Promise<void> {
  for (let poll = 0; poll < LEADER_POLLS_MAX; poll++) {
    const there = new Set(await admin.listTopics());
    if (names.every((name) => there.has(name))) {
      const { topics } = await admin.fetchTopicMetadata({ topics: names });
      if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    }
    await new Promise((resolve) => setTimeout(resolve, LEADER_POLL_MS));
  }
  throw new TesseraError("bus_unreachable", `No broker leads all partitions of ${names.join(", ")}.`);
}

async function faultsOf(admin: Admin, wanted: readonly Wanted[]): Promise<string[]> {
  const there = new Set(await admin.listTopics());
  const names = wanted.flatMap(({ name }) => (there.has(name) ? [name] : []));
  if (names.length === 0) return wanted.map(({ name }) => missingFault(name));
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  return wanted.flatMap((topic) => {
    const metadata = topics.find(({ name }) => name === topic.name);
    if (metadata === undefined) return [missingFault(topic.name)];
    const entries = resources.find(({ resourceName }) => resourceName === topic.name)?.configEntries ?? [];
    const values = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    return topicFaults(topic, metadata, values);
  });
}

const missingFault = (name: string): string => `Topic ${name} is missing.`;

function topicFaults(
  { name, partitions, replicas, messageBytesMax, retentionMs }: Wanted,
  metadata: ITopicMetadata,
  values: ReadonlyMap<string, string>,
): string[] {
  const has = metadata.partitions.length;
  const copies = Math.min(...metadata.partitions.map(({ replicas: nodes }) => nodes.length));
  const bytes = Number(values.get("max.message.bytes"));
  const kept = Number(values.get("retention.ms"));
  const codec = values.get("compression.type");
  return [
    ...(has < partitions ? [`Topic ${name} has ${has} partitions; ${partitions} are wanted.`] : []),
    ...(copies < replicas ? [`Topic ${name} has ${copies} replicas; ${replicas} are wanted.`] : []),
    ...(bytes < messageBytesMax
      ? [`Topic ${name} takes messages of ${bytes} bytes; ${messageBytesMax} are wanted (max.message.bytes).`]
      : []),
    // −1 keeps for ever
    ...(kept >= 0 && kept < retentionMs
      ? [`Topic ${name} keeps messages for ${kept} ms; ${retentionMs} are wanted (retention.ms).`]
      : []),
    ...(codec !== "uncompressed"
      ? [`Topic ${name} has the codec ${codec}; uncompressed is wanted (compression.type).`]
      : []),
  ];
}
