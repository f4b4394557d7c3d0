/**
 * Kafka's own tools for measuring what a broker takes and gives: what we compare ourselves with. They know neither
 * headers nor more than one size of message.
 */
import { javaCommand } from "./java.ts";
import { kafkaLibraries } from "./libraries.ts";
import { run } from "./run.ts";

const LIMIT_MS = 10 * 60_000;

export interface PerfOptions {
  /** host:port of a listener without TLS or a login. */
  readonly broker: string;
  /** Exists already. */
  readonly topic: string;
  readonly messages: number;
  readonly messageBytes: number;
}

export interface Throughput {
  readonly messages: number;
  /** 1024 × 1024 bytes a second, of values alone. */
  readonly mibPerSecond: number;
}

/** Publishes random bytes as quickly as the broker takes them, every replica acknowledging. */
export async function producerPerformance(options: PerfOptions): Promise<Throughput> {
  const { broker, topic, messages, messageBytes } = options;
  const said = await tool("ProducerPerformance", [
    ...["--bootstrap-server", broker, "--topic", topic, "--throughput", "-1"],
    ...["--num-records", String(messages), "--record-size", String(messageBytes)],
    ...["--command-property", "acks=all", `max.request.size=${messageBytes + MESSAGE_OVERHEAD}`],
  ]);
  const figures = /(\d+) records sent, [\d.]+ records\/sec \(([\d.]+) MB\/sec\).*99\.9th/.exec(said);
  return throughput(said, figures?.[1], figures?.[2]);
}

/** Reads what is in the topic, from its beginning, by a group of its own. */
export async function consumerPerformance({ broker, topic, messages }: PerfOptions): Promise<Throughput> {
  const said = await tool("ConsumerPerformance", [
    ...["--bootstrap-server", broker, "--topic", topic],
    ...["--num-records", String(messages), "--timeout", "60000"],
  ]);
  // A line with names and one with values, and whatever else it has to say around them.
  const lines = said.split("\n").map((line) => line.trim().split(", "));
  const names = lines.find((line) => line.includes("fetch.MB.sec")) ?? [];
  const values = lines.findLast((line) => line.length === names.length) ?? [];
  const figure = (name: string) => values[names.indexOf(name)];
  return throughput(said, figure("data.consumed.in.nMsg"), figure("fetch.MB.sec"));
}

/** Key, headers and the batch around a message, amply. */
const MESSAGE_OVERHEAD = 1024;

async function tool(name: string, args: readonly string[]): Promise<string> {
  const libraries = await kafkaLibraries();
  return run(
    javaCommand(libraries, [`org.apache.kafka.tools.${name}`, ...args], { lasting: true }),
    LIMIT_MS,
  );
}

function throughput(
  said: string,
  messages: string | undefined,
  mibPerSecond: string | undefined,
): Throughput {
  const figures = { messages: Number(messages), mibPerSecond: Number(mibPerSecond) };
  if (!Number.isFinite(figures.messages) || !Number.isFinite(figures.mibPerSecond))
    throw new Error(`Kafka's tool says something else than it used to:\n${said}`);
  return figures;
}
