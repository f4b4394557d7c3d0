import { describe, expect, test } from "bun:test";
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from "kafkajs";
import type { KafkaSettings } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { reportTopics } from "../../shared/bus/kafka/topic_report.ts";
import {
  checkTopics,
  createTopics,
  requireTopics,
  TOPICS,
  type TopicSettings,
  type TopicTable,
} from "../../shared/bus/kafka/topics.ts";
import type { Topic } from "../../shared/bus/port.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { countdown, packedTask, task } from "./tasks.ts";

const MIB = 1024 * 1024;

const USUAL: TopicSettings = {
  partitions: 2,
  replicas: 1,
  minInSync: 1,
  messageBytesMax: MIB,
  retentionMs: 3_600_000,
};

const tableOf = (changes: Partial<Record<Topic, Partial<TopicSettings>>> = {}): TopicTable =>
  Object.fromEntries(TOPICS.map((topic) => [topic, { ...USUAL, ...changes[topic] }])) as TopicTable;

const codeOf = (thrown: unknown) => thrown as { code: string; detail: string };

async function asAdmin<R>({ brokers }: KafkaSettings, body: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await body(admin);
  } finally {
    await admin.disconnect();
  }
}

/** A topic that somebody has made by hand. */
const makeByHand = (settings: KafkaSettings, topic: Topic, config: Record<string, string>) =>
  asAdmin(settings, (admin) =>
    admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic: `${settings.prefix}${topic}`,
          numPartitions: 2,
          replicationFactor: 1,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  );

const configOf = (settings: KafkaSettings, topic: Topic) =>
  asAdmin(settings, async (admin) => {
    const name = `${settings.prefix}${topic}`;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
    });
    const entries = resources[0]!.configEntries;
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  });

describeOnKafka("the topics on a real Kafka", ({ broker, installation }) => {
  let groups = 0;
  const nowhere = () => ({ brokers: [broker().address], prefix: `topics-${groups++}.` });

  test("those that are missing or wrong are told apart in sentences; nothing is changed behind one's back", async () => {
    const settings = { ...nowhere(), prefix: "wrong." };
    expect(await checkTopics(settings, tableOf())).toEqual([
      "Topic wrong.tasks is missing.",
      "Topic wrong.results is missing.",
      "Topic wrong.heartbeats is missing.",
      "Topic wrong.dead-letters is missing.",
    ]);
    expect(await KafkaBus.connect({ settings }).catch(codeOf)).toMatchObject({
      code: "bus_topic_missing",
      detail: "Missing: wrong.tasks, wrong.results, wrong.heartbeats.",
    });
    expect(await createTopics(settings, tableOf({ results: { replicas: 2 } })).catch(codeOf)).toMatchObject({
      code: "bus_request_refused",
      detail: "Topic wrong.results cannot be created: Replication-factor is invalid.",
    });
    expect(await createTopics(settings, tableOf())).toEqual([]);
    const more = {
      partitions: 4,
      replicas: 2,
      minInSync: 2,
      messageBytesMax: 2 * MIB,
      retentionMs: 7_200_000,
    };
    expect(await createTopics(settings, tableOf({ tasks: more }))).toEqual([
      "Topic wrong.tasks has 2 partitions; 4 are wanted.",
      "Topic wrong.tasks has 1 replicas; 2 are wanted.",
      "Topic wrong.tasks takes messages of 1048576 bytes; 2097152 are wanted (max.message.bytes).",
      "Topic wrong.tasks keeps messages for 3600000 ms; 7200000 are wanted (retention.ms).",
    ]);
    expect(await checkTopics(settings, tableOf())).toEqual([]);
  });

  test("whoever made a topic by hand is told all that is wrong with it, and may have it put right", async () => {
    const settings = { ...nowhere(), prefix: "hand." };
    await makeByHand(settings, "tasks", {
      "min.insync.replicas": "3",
      "segment.bytes": "1048576",
      "max.message.bytes": "1000",
      "retention.ms": "60000",
      "retention.bytes": "5000000",
      "cleanup.policy": "compact",
      "compression.type": "zstd",
      "flush.messages": "12345",
    });
    const table = tableOf({ tasks: { messageBytesMax: 2 * MIB } });
    const wrong = [
      "Topic hand.tasks takes no message: it waits for 3 replicas and has 1 (min.insync.replicas).",
      "Topic hand.tasks takes messages of 1000 bytes; 2097152 are wanted (max.message.bytes).",
      "Topic hand.tasks has segments of 1048576 bytes, which hold no message of 2097152 (segment.bytes).",
      "Topic hand.tasks keeps messages for 60000 ms; 3600000 are wanted (retention.ms).",
      "Topic hand.tasks keeps 5000000 bytes a partition, whatever their age; at least 134217728 or no limit, -1, are wanted (retention.bytes).",
      "Topic hand.tasks keeps only the last message of each key; delete is wanted (cleanup.policy).",
      "Topic hand.tasks has the codec zstd; uncompressed is wanted (compression.type).",
    ];
    expect(await createTopics(settings, table)).toEqual(wrong);
    const done: string[] = [];
    const faults = await createTopics(settings, table, {
      fixConfigs: true,
      onChange: (sentence) => done.push(sentence),
    });
    expect(faults).toEqual([]);
    expect(done).toHaveLength(wrong.length);
    expect(done).toContain("Set retention.ms of topic hand.tasks to 3600000.");
    expect(await configOf(settings, "tasks")).toMatchObject({
      "min.insync.replicas": "1",
      "max.message.bytes": "2097152",
      "segment.bytes": "16777216",
      "retention.ms": "3600000",
      "retention.bytes": "-1",
      "cleanup.policy": "delete",
      "compression.type": "uncompressed",
      // an alteration resets what it leaves out
      "flush.messages": "12345",
    });
  });

  test("one that keeps for ever, or has more than is wanted, is well", async () => {
    const settings = nowhere();
    await makeByHand(settings, "tasks", {
      "retention.ms": "-1",
      "retention.bytes": "100000000000",
      "max.message.bytes": "9000000",
      "compression.type": "uncompressed",
    });
    const table = tableOf({ tasks: { partitions: 1 } });
    expect(await createTopics(settings, table, { raisePartitions: true, fixConfigs: true })).toEqual([]);
    expect(await configOf(settings, "tasks")).toMatchObject({
      "retention.ms": "-1",
      "max.message.bytes": "9000000",
    });
  });

  test("several processes may create them at once, and raise partitions at once; none is lowered", async () => {
    const settings = nowhere();
    const together = <R>(act: () => Promise<R>) => Promise.all([act(), act(), act()]);
    expect(await together(() => createTopics(settings, tableOf()))).toEqual([[], [], []]);
    const more = tableOf({ tasks: { partitions: 9 }, results: { partitions: 5 } });
    const few = [
      `Topic ${settings.prefix}tasks has 2 partitions; 9 are wanted.`,
      `Topic ${settings.prefix}results has 2 partitions; 5 are wanted.`,
    ];
    expect(await createTopics(settings, more)).toEqual(few);
    const raise = () => createTopics(settings, more, { raisePartitions: true });
    expect(await together(raise)).toEqual([[], [], []]);
    expect(await createTopics(settings, tableOf(), { raisePartitions: true })).toEqual([]);
    expect(await checkTopics(settings, more)).toEqual([]);
    await requireTopics(settings);
  });

  test("a report says how they stand, and what the workers have not done", async () => {
    const settings = await installation();
    const figuresOf = async (wanted: Topic) =>
      (await reportTopics(settings)).find(({ topic }) => topic === wanted);
    const bus = await KafkaBus.connect({ settings });
    try {
      // A group's first member has Kafka set up what it keeps of groups.
      const first = bus.subscribe("tasks", 1, async () => {});
      await first.ready;
      await first.close();
      await Promise.all([1, 2, 3, 4, 5].map((tile) => bus.publish("tasks", packedTask(task(tile)))));
      expect(await figuresOf("tasks")).toEqual({
        topic: "tasks",
        name: `${settings.prefix}tasks`,
        missing: false,
        partitions: 4,
        replicas: 1,
        inSync: 1,
        messageBytesMax: MIB,
        retentionMs: 3_600_000,
        messages: 5,
        lag: 5,
      });
      const all = countdown(5);
      const worker = bus.subscribe("tasks", 1, async () => all.hit());
      await all.done;
      await worker.close();
      expect(await figuresOf("tasks")).toMatchObject({ messages: 5, lag: 0 });
      expect(await figuresOf("heartbeats")).toMatchObject({ missing: false, partitions: 1, lag: undefined });
      // However many ask the bus at once, Kafka is asked once.
      const looks = [bus.topics(), bus.topics()];
      expect(looks[0]).toBe(looks[1]);
      expect(await looks[0]).toEqual(await reportTopics(settings));
    } finally {
      await bus.close();
    }
  });

  test("a bus that is opened while another process creates the topics waits for them", async () => {
    const settings = nowhere();
    const opened = KafkaBus.connect({ settings });
    expect(await createTopics(settings, tableOf())).toEqual([]);
    await (await opened).close();
  });

  test("a report of topics that are not there creates none", async () => {
    const settings = nowhere();
    const missing = TOPICS.map((topic) => ({ topic, name: `${settings.prefix}${topic}`, missing: true }));
    expect(await reportTopics(settings)).toEqual(missing as never);
    expect(await asAdmin(settings, (admin) => admin.listTopics())).not.toContain(`${settings.prefix}tasks`);
  });
});

describe("the names of the topics", () => {
  test("stand behind the prefix, as those of the groups", async () => {
    const { topicName, workerGroup } = await import("../../shared/bus/kafka/topics.ts");
    expect(TOPICS.map((topic) => topicName({ prefix: "a." }, topic))).toEqual([
      "a.tasks",
      "a.results",
      "a.heartbeats",
      "a.dead-letters",
    ]);
    expect(workerGroup({ prefix: "a." })).toBe("a.image-workers");
    expect(workerGroup({})).toBe("image-workers");
  });
});
