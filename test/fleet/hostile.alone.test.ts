import { expect, test } from "bun:test";
import type { Producer } from "kafkajs";
import { BRISK, kafkaClient } from "../../shared/bus/kafka/client.ts";
import { topicName } from "../../shared/bus/kafka/topics.ts";
import { encode, META_HEADER, VERSION_HEADER, type Wire } from "../../shared/bus/kafka/wire.ts";
import { PROTOCOL, type Task, type TileDone } from "../../shared/bus/messages.ts";
import { heartbeat, packedTask, task } from "../bus/tasks.ts";
import { spec } from "../engine/harness.ts";
import { type Random, seeded } from "../engine/random.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { Fleet } from "./fleet.ts";
import { expectDone, type Order, submit } from "./job.ts";
import { Spy } from "./spy.ts";

const TOPICS = ["tasks", "results", "heartbeats", "dead-letters"] as const;
/** 144 tiles. */
const ORDER: Order = { source: spec(768, 768, 1), pipeline: "bilateral(radius=3) | sharpen" };
const DAMAGED = 60;
const FORGED_WORKERS = 12_000;
const STOLEN_MAX = 40;
/** The topic takes no more. */
const BEATS_AT_ONCE = 30;

/** Bytes and headers of every kind that nobody of ours would send. */
function damaged(random: Random): Wire {
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.below(256));
  const text = String.fromCharCode(...bytes(random.below(300)));
  const real = encode("tasks", packedTask(task(1)));
  const { [META_HEADER]: meta } = real.headers as Record<string, string>;
  const version = { [VERSION_HEADER]: String(PROTOCOL) };
  return random.pick<Wire>([
    { headers: {}, value: bytes(random.below(5000)) },
    { headers: { [VERSION_HEADER]: text, [META_HEADER]: text }, value: bytes(100) },
    { headers: { ...version, [META_HEADER]: "[".repeat(2000) }, value: bytes(10) },
    { headers: { ...version, [META_HEADER]: '{"__proto__":{"worker":"x"}}' }, value: bytes(0) },
    { headers: { ...version, [META_HEADER]: meta!.slice(0, random.below(meta!.length)) }, value: real.value },
    { headers: { ...version, [META_HEADER]: meta!.replaceAll(/\d+/g, "1e308") }, value: real.value },
    { headers: { ...version, [META_HEADER]: meta!.replaceAll(/:\d+/g, ":-1") }, value: real.value },
    { headers: { ...version, [META_HEADER]: meta! }, value: real.value.subarray(1) },
    { headers: { ...version, [META_HEADER]: meta! }, value: bytes(real.value.length) },
    { headers: { [VERSION_HEADER]: "99999999", [META_HEADER]: meta! }, value: real.value },
  ]);
}

/**
 * What somebody who reads the tasks can answer: everything but the pixels is right. Who answers every attempt at a tile
 * so is believed in the end that it cannot be done, which is why only workers may read tasks and write results.
 */
const stolen = ({ master, job, stage, tile, attempt, token, worker, window, out }: Task): TileDone => ({
  ...{ protocol: PROTOCOL, master, job, stage, tile, attempt, token, worker, ok: true, ms: -0 },
  pixels: { ...window, rect: out } as TileDone["pixels"] & object,
});

describeOnKafka("P4, P7: hostile messages on the bus", ({ broker }) => {
  test("change nothing of a job's pixels; everyone lives, and who comes later is heard", () =>
    Fleet.run(broker().address, async (fleet) => {
      const { client, process: master } = await fleet.master();
      const watch = await fleet.watch();
      const workers = await fleet.workers(2);
      const { settings } = fleet;
      const producer = kafkaClient(settings, BRISK).producer();
      await producer.connect();
      const random = seeded(7);
      const stealing: Promise<unknown>[] = [];
      const spy = await Spy.open(settings, (seen) => {
        if (seen.attempt === 1 && stealing.length < STOLEN_MAX)
          stealing.push(send(producer, settings.prefix, "results", [encode("results", stolen(seen))]));
      });
      try {
        const id = await submit(client, fleet.folder, ORDER);
        for (const topic of TOPICS)
          for (let i = 0; i < DAMAGED; i++) await send(producer, settings.prefix, topic, [damaged(random)]);
        const absurd = (await client.workers()).map(({ id: worker }) =>
          encode("tasks", {
            ...packedTask(task(1)),
            worker,
            out: { x: 0, y: 0, width: 2 ** 30, height: 2 ** 30 },
          }),
        );
        await send(producer, settings.prefix, "tasks", absurd);
        const beats = Array.from({ length: FORGED_WORKERS }, (_, i) =>
          encode("heartbeats", heartbeat(`forged-${i}`)),
        );
        for (let i = 0; i < beats.length; i += BEATS_AT_ONCE)
          await send(producer, settings.prefix, "heartbeats", beats.slice(i, i + BEATS_AT_ONCE));
        await expectDone(client, watch, id, fleet.folder, ORDER);
        await Promise.all(stealing);
        expect(stealing.length).toBeGreaterThan(0);
        for (const each of [master, ...workers]) expect(each.isRunning()).toBe(true);
        await fleet.workers(1, { TESSERA_WORKER_NAME: "late" });
        await watch.until(
          () => client.workers(),
          (all) => all.some(({ name, state }) => name === "late" && state === "live"),
        );
        const again = await submit(client, fleet.folder, ORDER);
        await expectDone(client, watch, again, fleet.folder, ORDER);
      } finally {
        await Promise.all([spy.close(), producer.disconnect()]);
      }
    }));
});

function send(producer: Producer, prefix: string, topic: (typeof TOPICS)[number], wires: readonly Wire[]) {
  const messages = wires.map(({ headers, value }) => ({
    headers: { ...headers },
    value: Buffer.from(value),
  }));
  return producer.send({ topic: topicName({ prefix }, topic), messages });
}
