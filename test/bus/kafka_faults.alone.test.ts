import { expect, test } from "bun:test";
import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from "kafkajs";
import type { KafkaSettings } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { encode, META_HEADER, type Refusal } from "../../shared/bus/kafka/wire.ts";
import { type Packed, PROTOCOL, type Task } from "../../shared/bus/messages.ts";
import { createRaster } from "../../shared/raster.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { countdown, packedTask, task } from "./tasks.ts";

/** A task whose window has so many bytes. */
function taskOf(tile: number, bytes: number): Task {
  const rect = { x: 0, y: 0, width: 1024, height: bytes / 1024 };
  const window = createRaster(rect, { channels: 1, depth: 8 });
  window.data.fill(tile);
  return {
    ...task(tile),
    input: { width: rect.width, height: rect.height, channels: 1, depth: 8 },
    out: rect,
    window: { rect, format: window.format, payload: window.data },
  };
}

const stranger = ({ brokers }: KafkaSettings) =>
  new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });

describeOnKafka("faults on a real Kafka", ({ broker, installation }) => {
  test("forged and damaged messages are counted and dropped; the consumer goes on behind them", async () => {
    const settings = await installation();
    const refusals: Refusal[] = [];
    const bus = await KafkaBus.connect({ settings, onRefused: (_, refusal) => refusals.push(refusal) });
    const producer = stranger(settings).producer({ createPartitioner: () => () => 0 });
    const { headers, value } = encode("tasks", packedTask(task(1)));
    const own = { headers, value: Buffer.from(value) };
    try {
      await producer.connect();
      // a codec that no consumer of ours has
      CompressionCodecs[CompressionTypes.ZSTD] = () => ({
        compress: async ({ buffer }: { buffer: Buffer }) => Bun.zstdCompressSync(buffer),
        decompress: () => Promise.reject(new Error("no such codec")),
      });
      await producer.send({
        topic: `${settings.prefix}tasks`,
        compression: CompressionTypes.ZSTD,
        messages: [
          { value: null },
          { value: "not ours" },
          { headers: { ...headers, [META_HEADER]: ["{", "}"] }, value: own.value },
          { headers: { ...headers, [META_HEADER]: "{" }, value: own.value },
          { headers: { ...headers, [META_HEADER]: "{}" }, value: own.value },
          { headers, value: Buffer.alloc(100_000) },
          own,
        ],
      });
      const served = countdown(1);
      bus.subscribe("tasks", 1, async ({ tile }) => {
        expect(tile).toBe(1);
        served.hit();
      });
      await served.done;
      expect(refusals).toEqual(["version", "version", "meta", "meta", "schema", "size"]);
      expect(bus.counts).toMatchObject({ refused: 6, abandoned: 0 });
    } finally {
      await producer.disconnect();
      await bus.close();
    }
  });

  test("P4: a task of another version is sent back by its name", async () => {
    const bus = await KafkaBus.connect({ settings: await installation() });
    try {
      const back = Promise.withResolvers<unknown>();
      const results = bus.subscribe("results", 1, async (result) => back.resolve(result));
      await results.ready;
      bus.subscribe("tasks", 1, () => Promise.reject(new Error("it is not to be worked on")));
      const sent = task(1);
      await bus.publish("tasks", { ...packedTask(sent), protocol: PROTOCOL + 1 });
      const { master, job, stage, tile, attempt, token } = sent;
      expect(await back.promise).toMatchObject({
        ...{ master, job, stage, tile, attempt, token },
        ...{ protocol: PROTOCOL, ok: false, code: "tile_misdelivered" },
      });
    } finally {
      await bus.close();
    }
  });

  test("a message that is too large is refused by name, and the next one goes", async () => {
    const bus = await KafkaBus.connect({ settings: await installation() });
    try {
      const refused = await bus.publish("tasks", taskOf(1, 2 * 1024 * 1024)).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "bus_message_too_large" });
      await bus.publish("tasks", taskOf(2, 512 * 1024));
    } finally {
      await bus.close();
    }
  });

  test("P5: large messages come whole, though far more wait than fit", async () => {
    const bus = await KafkaBus.connect({ settings: await installation() });
    try {
      const tiles = 60;
      await Promise.all(
        Array.from({ length: tiles }, (_, tile) => bus.publish("tasks", taskOf(tile, 768 * 1024))),
      );
      const all = countdown(tiles);
      const seen = new Set<number>();
      bus.subscribe("tasks", 2, async ({ tile, window }) => {
        const { payload } = window as Packed;
        expect(payload.length).toBe(768 * 1024);
        expect(payload.every((value) => value === tile)).toBe(true);
        seen.add(tile);
        all.hit();
      });
      await all.done;
      expect(seen.size).toBe(tiles);
    } finally {
      await bus.close();
    }
  });

  test("P3: members come and go in mid-work: every message is served", async () => {
    const bus = await KafkaBus.connect({ settings: await installation() });
    try {
      const tiles = 200;
      const seen = new Map<number, number>();
      const [some, all] = [countdown(20), countdown(tiles)];
      const member = () =>
        bus.subscribe("tasks", 2, async ({ tile }) => {
          await new Promise(setImmediate);
          seen.set(tile, (seen.get(tile) ?? 0) + 1);
          some.hit();
          if (seen.get(tile) === 1) all.hit();
        });
      const first = member();
      const published = Array.from({ length: tiles }, (_, tile) =>
        bus.publish("tasks", taskOf(tile, 64 * 1024)),
      );
      await some.done;
      const second = member();
      await second.ready;
      await first.close();
      member();
      await Promise.all([...published, all.done]);
      expect(seen.size).toBe(tiles);
    } finally {
      await bus.close();
    }
  });

  test("P3: the broker is killed in mid-work and starts again: nothing published is lost", async () => {
    const bus = await KafkaBus.connect({ settings: await installation() });
    try {
      const tiles = 40;
      const seen = new Set<number>();
      const [some, all] = [countdown(5), countdown(tiles)];
      const member = bus.subscribe("tasks", 1, async ({ tile }) => {
        if (!seen.has(tile)) all.hit();
        seen.add(tile);
        some.hit();
      });
      await member.ready;
      const published: Promise<void>[] = [];
      for (let tile = 0; tile < tiles / 2; tile++) published.push(bus.publish("tasks", taskOf(tile, 1024)));
      await some.done;
      const restarted = broker().restart();
      for (let tile = tiles / 2; tile < tiles; tile++)
        published.push(bus.publish("tasks", taskOf(tile, 1024)));
      await Promise.all([restarted, ...published, all.done]);
      expect(seen.size).toBe(tiles);
    } finally {
      await bus.close();
    }
  });

  test("a broker that is not there is named so, soon", async () => {
    const settings = { brokers: ["127.0.0.1:1"] };
    const fault = await KafkaBus.connect({ settings }).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: "bus_unreachable" });
  });
});
