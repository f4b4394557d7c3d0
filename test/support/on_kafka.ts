import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { KafkaSettings } from "../../shared/bus/kafka/client.ts";
import { createTopics } from "../../shared/bus/kafka/topics.ts";
import { type Broker, missingForKafka, startKafka } from "./kafka.ts";

const usual = { replicas: 1, messageBytesMax: 1024 * 1024, retentionMs: 3_600_000 };
/** Fewer partitions than in earnest: they are made for every test. */
const TABLE = {
  tasks: { partitions: 4, ...usual },
  results: { partitions: 2, ...usual },
  heartbeats: { partitions: 1, ...usual },
  "dead-letters": { partitions: 1, ...usual },
};

interface OnKafka {
  /** Only inside tests. */
  broker(): Broker;
  /** Topics and groups that no other test has. */
  installation(): Promise<KafkaSettings>;
}

/** Tests that need a real Kafka, started for them. Where it cannot be had they are skipped loudly; in CI they fail. */
export function describeOnKafka(name: string, body: (kafka: OnKafka) => void, secured = false): void {
  const missing = missingForKafka();
  if (missing.length > 0 && process.env.CI !== "true") {
    console.warn(`\n*** SKIPPED: ${name}. This machine has no ${missing.join(" and no ")}. ***\n`);
    test.skipIf(true)(name, () => {});
    return;
  }
  describe(name, () => {
    let broker: Broker | undefined;
    let installations = 0;
    const running = () => {
      if (broker === undefined) throw new Error("The broker runs only while tests do.");
      return broker;
    };
    beforeAll(async () => {
      if (missing.length > 0) throw new Error(`${name}: this machine has no ${missing.join(" and no ")}.`);
      broker = await startKafka(secured);
    });
    afterAll(() => broker?.stop());
    body({
      broker: running,
      async installation() {
        const settings = { brokers: [running().address], prefix: `test-${installations++}.` };
        expect(await createTopics(settings, TABLE)).toEqual([]);
        return settings;
      },
    });
  });
}
