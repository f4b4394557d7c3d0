import type { Consumer } from "kafkajs";
import { BRISK, type KafkaSettings, kafkaClient } from "../../shared/bus/kafka/client.ts";
import { wireOf } from "../../shared/bus/kafka/member.ts";
import { topicName } from "../../shared/bus/kafka/topics.ts";
import { decode } from "../../shared/bus/kafka/wire.ts";
import type { Task } from "../../shared/bus/messages.ts";

/** Reads every task beside the worker that it is for, in a group of its own. */
export class Spy {
  readonly tasks: Task[] = [];

  private constructor(private readonly consumer: Consumer) {}

  /** @param onTask told of each task as it comes */
  static async open(settings: KafkaSettings, onTask: (task: Task) => void = () => {}): Promise<Spy> {
    const topic = topicName(settings, "tasks");
    const consumer = kafkaClient(settings, BRISK).consumer({ groupId: `${topic}-spy`, maxWaitTimeInMs: 50 });
    const spy = new Spy(consumer);
    const joined = Promise.withResolvers<void>();
    consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        const decoded = decode("tasks", wireOf(message));
        if (!decoded.ok) return;
        spy.tasks.push(decoded.message);
        onTask(decoded.message);
      },
    });
    await joined.promise;
    return spy;
  }

  close(): Promise<void> {
    return this.consumer.disconnect();
  }
}
