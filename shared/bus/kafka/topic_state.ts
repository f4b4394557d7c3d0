import { type Admin, ConfigResourceTypes, ConfigSource, type PartitionMetadata } from "kafkajs";

/** A topic as Kafka has it. */
export interface TopicState {
  readonly name: string;
  readonly partitions: readonly PartitionMetadata[];
  /** Replicas of the partition that has the fewest. */
  readonly replicas: number;
  /** Every configuration that is in force, whoever set it. */
  readonly config: ReadonlyMap<string, string>;
  /** Those that were set for this topic; an alteration that left one out would reset it. */
  readonly overrides: ReadonlyMap<string, string>;
}

/** Those of the topics that exist, by name. It never has a topic created by asking for it. */
export async function readTopics(
  admin: Admin,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, TopicState>> {
  const there = new Set(await admin.listTopics());
  const names = wanted.filter((name) => there.has(name));
  if (names.length === 0) return new Map();
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  return new Map(
    topics.map(({ name, partitions }) => {
      const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
      const pairs = entries.map(({ configName, configValue }) => [configName, configValue] as const);
      const own = entries.flatMap(({ configSource }, i) =>
        configSource === ConfigSource.TOPIC_CONFIG ? [pairs[i]!] : [],
      );
      const replicas = Math.min(...partitions.map(({ replicas: nodes }) => nodes.length));
      return [name, { name, partitions, replicas, config: new Map(pairs), overrides: new Map(own) }];
    }),
  );
}
