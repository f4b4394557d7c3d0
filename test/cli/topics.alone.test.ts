import { expect, test } from "bun:test";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { countdown, packedTask, task } from "../bus/tasks.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { tessera } from "../support/tessera.ts";

describeOnKafka("tessera topics on a real Kafka", ({ broker }) => {
  let prefixes = 0;
  function installation() {
    const prefix = `cli-${prefixes++}.`;
    const env = { TESSERA_KAFKA_BROKERS: broker().address, TESSERA_KAFKA_PREFIX: prefix };
    const run = (args: readonly string[], more: Record<string, string> = {}) =>
      tessera(["topics", ...args], { env: { ...env, ...more } });
    return { prefix, run };
  }

  test("check, create, check, show: as an operator sets Kafka up", async () => {
    const { prefix, run } = installation();
    const before = await run(["check"]);
    expect([before.status, before.err]).toEqual([1, ""]);
    expect(before.out).toStartWith(`Topic ${prefix}tasks is missing.\n`);
    const empty = await run([]);
    expect(empty.status).toBe(0);
    expect(empty.out).toMatch(/tasks +missing/);

    const created = await run(["create"]);
    expect([created.status, created.err]).toEqual([0, ""]);
    expect(created.out.split("\n")).toEqual([
      `Created topic ${prefix}tasks with 48 partitions.`,
      `Created topic ${prefix}results with 12 partitions.`,
      `Created topic ${prefix}heartbeats with 1 partition.`,
      `Created topic ${prefix}dead-letters with 1 partition.`,
      "The topics are as they should be.",
      "",
    ]);
    const again = await run(["create", "--json"]);
    expect(JSON.parse(again.out)).toEqual({ ok: true, changes: [], faults: [] });
    expect((await run(["check"])).status).toBe(0);

    const settings = { brokers: [broker().address], prefix };
    const bus = await KafkaBus.connect({ settings });
    try {
      // A group's first member has Kafka set up what it keeps of groups.
      const first = bus.subscribe("tasks", 1, async () => {});
      await first.ready;
      await first.close();
      await Promise.all([1, 2, 3].map((tile) => bus.publish("tasks", packedTask(task(tile)))));
      const shown = await run([]);
      expect(shown.status).toBe(0);
      const rows = shown.out.split("\n").map((line) => line.split(/ {2,}/));
      expect(rows[0]).toEqual([
        "TOPIC",
        "PARTITIONS",
        "REPLICAS",
        "IN SYNC",
        "LARGEST MESSAGE",
        "KEPT FOR",
        "MESSAGES",
        "LAG",
      ]);
      expect(rows[1]).toEqual([`${prefix}tasks`, "48", "1", "1", "8 MiB", "1 h", "3", "3"]);
      expect(rows[3]).toEqual([`${prefix}heartbeats`, "1", "1", "1", "64 KiB", "10 min", "0"]);
      const all = countdown(3);
      const worker = bus.subscribe("tasks", 1, async () => all.hit());
      await all.done;
      await worker.close();
      const [tasks] = JSON.parse((await run(["show", "--json"])).out);
      expect(tasks).toMatchObject({ topic: "tasks", messages: 3, lag: 0 });
    } finally {
      await bus.close();
    }
  });

  test("create raises partitions, and alters configurations only with --fix", async () => {
    const { prefix, run } = installation();
    expect((await run(["create"], { TESSERA_KAFKA_TASKS_PARTITIONS: "2" })).status).toBe(0);
    const more = { TESSERA_KAFKA_TASKS_PARTITIONS: "5", TESSERA_KAFKA_RETENTION_MINUTES: "90" };
    const wrong = ["tasks", "results"].map(
      (topic) => `Topic ${prefix}${topic} keeps messages for 3600000 ms; 5400000 are wanted (retention.ms).`,
    );
    const created = await run(["create", "--json"], more);
    expect(created.status).toBe(1);
    expect(JSON.parse(created.out)).toEqual({
      ok: false,
      changes: [`Gave topic ${prefix}tasks 5 partitions.`],
      faults: wrong,
    });
    const checked = await run(["check", "--json"], more);
    expect(checked.status).toBe(1);
    expect(JSON.parse(checked.out)).toEqual({ ok: false, faults: wrong });
    const fixed = await run(["create", "--fix"], more);
    expect([fixed.status, fixed.out]).toEqual([
      0,
      `Set retention.ms of topic ${prefix}tasks to 5400000.\nSet retention.ms of topic ${prefix}results to 5400000.\nThe topics are as they should be.\n`,
    ]);
    expect((await run(["check"], more)).status).toBe(0);
  });
});

test("tessera topics names a Kafka that is not there, a setting that is wrong and a command that is none", async () => {
  const nobody = await tessera(["topics", "--json"], { env: { TESSERA_KAFKA_BROKERS: "127.0.0.1:1" } });
  expect([nobody.status, nobody.err]).toEqual([1, ""]);
  expect(JSON.parse(nobody.out)).toMatchObject({ error: { code: "bus_unreachable" } });
  const wrong = await tessera(["topics", "check"], { env: { TESSERA_KAFKA_BROKERS: "localhost" } });
  expect([wrong.status, wrong.out]).toEqual([1, ""]);
  expect(wrong.err).toContain("kafka.brokers (TESSERA_KAFKA_BROKERS)");
  const none = await tessera(["topics", "delete"]);
  expect([none.status, none.out]).toEqual([2, ""]);
});
