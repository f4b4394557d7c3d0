import { randomUUID } from "node:crypto";
import { TesseraError } from "../../errors.ts";
import type { DeadLetter } from "../messages.ts";
import { BRISK, type KafkaSettings, kafkaClient } from "./client.ts";
import { busFault } from "./faults.ts";
import { deleteGroups, spansOf } from "./groups.ts";
import { wireOf } from "./member.ts";
import { topicName } from "./topics.ts";
import { decode } from "./wire.ts";

const TOPIC = "dead-letters";
const LIMIT_MS = 60_000;

/**
 * The dead letters that are in Kafka now, the oldest first; of more than `limit` the newest. What is not a dead letter
 * is passed over.
 *
 * @throws bus_unreachable and what else Kafka says
 */
export async function readDeadLetters(settings: KafkaSettings, limit: number): Promise<DeadLetter[]> {
  const left = new Map<number, bigint>();
  for (const { partition, begin, end } of await spansOf(settings, TOPIC))
    if (begin < end) left.set(partition, end);
  if (left.size === 0) return [];
  const topic = topicName(settings, TOPIC);
  const groupId = `${topic}-${randomUUID()}`;
  const consumer = kafkaClient(settings, BRISK).consumer({ groupId, allowAutoTopicCreation: false });
  const letters: DeadLetter[] = [];
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new TesseraError("bus_unreachable", "It gave no messages.")),
    LIMIT_MS,
  );
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  // A batch may end behind what was asked for, or be empty where messages have expired: each tells how far it went.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    if (BigInt(payload.lastOffset) + 1n >= (left.get(payload.partition) ?? 0n))
      left.delete(payload.partition);
    if (left.size === 0) resolve();
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        const decoded = decode(TOPIC, wireOf(message));
        if (!decoded.ok) return;
        letters.push(decoded.message);
        if (letters.length > 2 * limit) letters.splice(0, limit);
      },
    });
    await finished;
  } catch (thrown) {
    throw busFault(thrown, "bus_request_refused");
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
    await deleteGroups(settings, [groupId]).catch(() => {}); // it would be forgotten in days
  }
  return letters.sort((a, b) => a.atMs - b.atMs).slice(-limit);
}
