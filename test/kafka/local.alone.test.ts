import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { Kafka, logLevel } from "kafkajs";
import { freePorts, isFree } from "../../kafka/ports.ts";
import { inFolder } from "../support/folder.ts";
import { describeWithKafka } from "../support/on_kafka.ts";
import { lineWith, startScript } from "./processes.ts";

const runKafka = (port: number, folder: string) =>
  startScript("kafka/main.ts", ["--port", String(port), "--data", folder]);

const adminOf = (port: number) =>
  new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING }).admin();

describeWithKafka("bun run kafka", () => {
  test("serves on its port, keeps its data, and stops in good order", () =>
    inFolder(async (folder) => {
      const [port] = await freePorts(1);
      for (const [signal, topics] of [
        ["SIGTERM", []],
        ["SIGINT", ["kept"]],
      ] as const) {
        const kafka = runKafka(port!, folder);
        try {
          const line = await lineWith("listens", kafka);
          expect(line).toContain(`127.0.0.1:${port}`);
          expect(line).toContain("bun run master, bun run worker");
          const admin = adminOf(port!);
          await admin.connect();
          expect(await admin.listTopics()).toEqual([...topics]);
          if (topics.length === 0)
            await admin.createTopics({ waitForLeaders: false, topics: [{ topic: "kept" }] });
          await admin.disconnect();
        } finally {
          kafka.kill(signal);
        }
        expect(await kafka.exited).toBe(0);
        expect(await isFree(port!)).toBe(true);
      }
    }));

  test("a port that is taken is called that", () =>
    inFolder(async (folder) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const other = createServer().listen(0, "127.0.0.1", resolve);
      await promise;
      const { port } = other.address() as { port: number };
      const kafka = runKafka(port, folder);
      expect(await kafka.stderr.text()).toStartWith(`Port ${port} of 127.0.0.1 is taken.`);
      expect(await kafka.exited).toBe(1);
      other.close();
    }));

  test("a folder that another Kafka uses is called that", () =>
    inFolder(async (folder) => {
      const [one, two] = await freePorts(2);
      const first = runKafka(one!, folder);
      try {
        await lineWith("listens", first);
        const second = runKafka(two!, folder);
        expect(await second.stderr.text()).toStartWith(`Another Kafka is at work in ${folder}.`);
        expect(await second.exited).toBe(1);
      } finally {
        first.kill();
        await first.exited;
      }
    }));
});

test("bun run kafka without Java says what it needs", async () => {
  const kafka = startScript("kafka/main.ts", ["--port", "1"], { PATH: "" });
  expect(await kafka.stderr.text()).toStartWith("Kafka needs Java 17 or later (");
  expect(await kafka.exited).toBe(1);
});

test("bun run kafka takes no port that is none", async () => {
  const kafka = startScript("kafka/main.ts", ["--port", "none"]);
  expect(await kafka.stderr.text()).toStartWith("--port is a whole number from 1 to 65535");
  expect(await kafka.exited).toBe(2);
});
