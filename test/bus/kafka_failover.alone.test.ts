import { expect, test } from "bun:test";
import type { Admin } from "kafkajs";
import type { KafkaNode } from "../../kafka/node.ts";
import { BRISK, type KafkaSettings, kafkaClient } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { createRaster } from "../../shared/raster.ts";
import { inLong } from "../engine/harness.ts";
import { type Random, seeded } from "../engine/random.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { countdown, task } from "./tasks.ts";

const NODES = 3;
/** Each node is the one that dies, at least once. */
const SEEDS = inLong(NODES, 30);
const TILES = 400;
const PARTITIONS = 6;
/** So large that there are many sends, to every partition. */
const SIDE = 256;

/** A task whose pixels cannot be packed. */
function noisyTask(tile: number): Task {
  const rect = { x: 0, y: 0, width: SIDE, height: SIDE };
  const window = createRaster(rect, { channels: 1, depth: 8 });
  crypto.getRandomValues(window.data);
  return {
    ...task(tile),
    input: { width: SIDE, height: SIDE, channels: 1, depth: 8 },
    out: rect,
    window: { rect, format: window.format, payload: window.data },
  };
}

async function withAdmin<R>(settings: KafkaSettings, body: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = kafkaClient(settings, BRISK).admin();
  await admin.connect();
  try {
    return await body(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Topics of which two nodes have a message before it counts as sent. Resolves when all three nodes have everything. */
const createSafeTopics = (settings: KafkaSettings) =>
  withAdmin(settings, async (admin) => {
    const names = ["tasks", "results", "heartbeats"].map((topic) => `${settings.prefix}${topic}`);
    await admin.createTopics({
      waitForLeaders: false,
      topics: names.map((topic) => ({
        topic,
        numPartitions: PARTITIONS,
        replicationFactor: NODES,
        configEntries: [{ name: "min.insync.replicas", value: "2" }],
      })),
    });
    while (!(await isReplicated(admin, names)));
  });

/** Also what the group's members have committed. */
async function isReplicated(admin: Admin, names: readonly string[]): Promise<boolean> {
  const there = await admin.listTopics();
  if (names.some((name) => !there.includes(name))) return false;
  const { topics } = await admin.fetchTopicMetadata({ topics: there });
  return topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length === NODES));
}

/** Resolves when the workers have committed everything that is in the topic. */
const allCommitted = (settings: KafkaSettings) =>
  withAdmin(settings, async (admin) => {
    const topic = `${settings.prefix}tasks`;
    const ends = await admin.fetchTopicOffsets(topic);
    const isCommitted = async () => {
      const groupId = `${settings.prefix}image-workers`;
      const [tasks] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const committed = new Map(
        tasks?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
      );
      return ends.every(({ partition, high }) => Math.max(0, committed.get(partition)!) >= Number(high));
    };
    while (!(await isCommitted()));
  });

/** @returns the tiles that were published and not delivered */
async function lostWith(node: KafkaNode, settings: KafkaSettings, random: Random): Promise<number[]> {
  const tiles = Array.from({ length: TILES }, (_, tile) => tile);
  const bus = await KafkaBus.connect({ settings });
  try {
    const seen = new Set<number>();
    const member = bus.subscribe("tasks", 4, async ({ tile }) => void seen.add(tile));
    await member.ready;
    const [before, without] = [countdown(20 + random.below(100)), countdown(200)];
    const published = tiles.map(async (tile) => {
      await bus.publish("tasks", noisyTask(tile));
      before.hit();
      without.hit();
    });
    await before.done;
    await node.kill();
    // two nodes go on without the third, or it comes back before anybody has missed it
    if (random.below(2) === 0) await without.done;
    await node.start();
    await Promise.all(published);
    await allCommitted(settings);
    return tiles.filter((tile) => !seen.has(tile));
  } finally {
    await bus.close();
    await node.start();
  }
}

describeOnKafka(
  "three nodes of a real Kafka",
  ({ broker }) => {
    test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
      "P3: one dies in mid-work and comes back: what was published is delivered (seed %p)",
      async (seed) => {
        const { addresses, nodes } = broker();
        const settings = { brokers: addresses, prefix: `failover-${seed}.` };
        await createSafeTopics(settings);
        expect(await lostWith(nodes[seed % NODES]!, settings, seeded(seed))).toEqual([]);
      },
    );
  },
  { nodes: 3 },
);
