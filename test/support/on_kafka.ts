import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type KafkaCluster, type KafkaOptions, startKafka } from "../../kafka/cluster.ts";
import { missingForKafka } from "../../kafka/libraries.ts";
import type { KafkaSettings } from "../../shared/bus/kafka/client.ts";
import { createTopics } from "../../shared/bus/kafka/topics.ts";

const usual = { minInSync: 1, messageBytesMax: 1024 * 1024, retentionMs: 3_600_000 };

/** Fewer partitions than in earnest: they are made for every test. */
export const smallTopics = (replicas: number) => ({
  tasks: { partitions: 4, replicas, ...usual },
  results: { partitions: 2, replicas, ...usual },
  heartbeats: { partitions: 1, replicas, ...usual },
  "dead-letters": { partitions: 1, replicas, ...usual },
});

interface OnKafka {
  /** Only inside tests. */
  broker(): KafkaCluster;
  /** Topics and groups that no other test has, with as many replicas as there are nodes. */
  installation(): Promise<KafkaSettings>;
}

/** Tests that run a Kafka of their own. Where it cannot be had they are skipped loudly; in CI they fail. */
export function describeWithKafka(name: string, body: () => void, options: KafkaOptions = {}): void {
  const missing = missingForKafka(options);
  const lack = `${name}: this machine has no ${missing.join(" and no ")}.`;
  if (missing.length > 0 && process.env.CI !== "true") {
    console.warn(`\n*** SKIPPED: ${lack} ***\n`);
    test.skipIf(true)(name, () => {});
    return;
  }
  describe(name, () => {
    beforeAll(() => {
      if (missing.length > 0) throw new Error(lack);
    });
    body();
  });
}

/** Tests on a real Kafka that is started for them all. */
export function describeOnKafka(
  name: string,
  body: (kafka: OnKafka) => void,
  options: KafkaOptions = {},
): void {
  const tests = () => {
    let broker: KafkaCluster | undefined;
    let installations = 0;
    const running = () => {
      if (broker === undefined) throw new Error("The broker runs only while tests do.");
      return broker;
    };
    beforeAll(async () => {
      broker = await startKafka(options);
    });
    afterAll(() => broker?.stop());
    body({
      broker: running,
      async installation() {
        const { addresses, nodes } = running();
        const settings = { brokers: addresses, prefix: `test-${installations++}.` };
        expect(await createTopics(settings, smallTopics(nodes.length))).toEqual([]);
        return settings;
      },
    });
  };
  describeWithKafka(name, tests, options);
}
