import { expect, test } from "bun:test";
import { describeOnKafka } from "../support/on_kafka.ts";
import { tessera } from "../support/tessera.ts";

describeOnKafka("tessera doctor on a real Kafka", ({ broker }) => {
  test("tells topics that are missing, or not as they should be, and what to do", async () => {
    const env = { TESSERA_KAFKA_BROKERS: broker().address, TESSERA_KAFKA_PREFIX: "doctor." };
    const kafka = async (more: Record<string, string> = {}) => {
      const { out } = await tessera(["doctor", "--json"], { env: { ...env, ...more } });
      const { findings } = JSON.parse(out) as {
        findings: { check: string; state: string; advice?: string }[];
      };
      return findings.filter(({ check }) => check.startsWith("kafka."));
    };
    const states = (found: Awaited<ReturnType<typeof kafka>>) =>
      found.map(({ check, state }) => [check, state]);
    const before = await kafka();
    expect(states(before).at(-1)).toEqual(["kafka.topics", "wrong"]);
    expect(before.at(-1)!.advice).toContain("tessera topics create");
    expect((await tessera(["topics", "create"], { env })).status).toBe(0);
    expect(states(await kafka())).toEqual([
      ["kafka.reach", "ok"],
      ["kafka.replication", "ok"],
      ["kafka.topics", "ok"],
    ]);
    expect(states(await kafka({ TESSERA_KAFKA_REPLICATION: "9" }))).toContainEqual([
      "kafka.replication",
      "wrong",
    ]);
    expect(states(await kafka({ TESSERA_KAFKA_TASKS_PARTITIONS: "99" }))).toContainEqual([
      "kafka.topics",
      "wrong",
    ]);
  });
});
