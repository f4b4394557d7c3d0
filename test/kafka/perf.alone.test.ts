import { expect, test } from "bun:test";
import { consumerPerformance, producerPerformance } from "../../kafka/perf.ts";
import { describeOnKafka } from "../support/on_kafka.ts";

describeOnKafka("Kafka's own measuring tools", ({ broker, installation }) => {
  test("say how quickly messages go in and come out", async () => {
    const { prefix } = await installation();
    const options = {
      broker: broker().address,
      topic: `${prefix}tasks`,
      messages: 500,
      messageBytes: 10_000,
    };
    for (const measure of [producerPerformance, consumerPerformance]) {
      const { messages, mibPerSecond } = await measure(options);
      expect(messages).toBe(500);
      expect(mibPerSecond).toBeGreaterThan(0);
    }
  });
});
