import type { Message, Partitioners, Producer, RecordMetadata } from "kafkajs";
import { asTesseraError, TesseraError } from "../../errors.ts";
import { within } from "../../within.ts";
import type { Messages, Topic } from "../port.ts";
import { busFault } from "./faults.ts";
import { LEAVE_LIMIT_MS } from "./leave.ts";
import { encode } from "./wire.ts";

export const SENDS_AT_ONCE_MAX = 4;
/** Small messages that wait together go together. One that is larger goes by itself. */
const SEND_BYTES_MAX = 1024 * 1024;
const SEND_MESSAGES_MAX = 64;
const UNANSWERED_MAX = 3;

interface SenderOptions {
  readonly producer: Pick<Producer, "send">;
  readonly nameOf: (topic: Topic) => string;
  readonly sendsAtOnce: number;
  /** Told of the bytes that the broker has answered for. */
  readonly onSent: (bytes: number) => void;
}

interface Letter {
  readonly topic: Topic;
  /** Where it has to go; anywhere if left out. */
  readonly partition: number | undefined;
  /** Encodes once, when it is first asked for. */
  readonly message: () => Message;
  readonly resolve: () => void;
  readonly reject: (error: TesseraError) => void;
}

interface Parcel {
  readonly topic: Topic;
  readonly letters: Letter[];
  readonly messages: Message[];
}

/**
 * Publishes. Every send goes to one partition: kafkajs 2.2.4 can resolve a send over several after losing a part of it
 * when one of several brokers dies (its issue 1303). Where nobody says which, the key does; see `onePartition`. Few sends are under way
 * at a time; the rest wait as they came, not yet encoded.
 */
export class Sender {
  private waiting: Letter[] = [];
  private readonly running = new Map<Parcel, Promise<void>>();
  private turn = 0;
  private closed = false;

  constructor(private readonly options: SenderOptions) {}

  /** Resolves when every in-sync replica has the message. */
  publish<T extends Topic>(topic: T, message: Messages[T], partition?: number): Promise<void> {
    if (this.closed) return Promise.reject(new TesseraError("bus_closed"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.waiting.push({
      topic,
      partition,
      message: once(() => kafkaMessage(topic, message)),
      resolve,
      reject,
    });
    this.feed();
    return promise;
  }

  /** Refuses who waits, and sees through what is under way. @returns whether all of that was answered in time */
  async close(): Promise<boolean> {
    this.closed = true;
    refuse(this.waiting.splice(0));
    const isAnswered = await within(LEAVE_LIMIT_MS, Promise.all(this.running.values()));
    for (const { letters } of this.running.keys()) refuse(letters);
    return isAnswered;
  }

  private feed(): void {
    while (this.running.size < this.options.sendsAtOnce && this.waiting.length > 0) {
      const parcel = this.pack();
      if (parcel.letters.length === 0) continue;
      const sending: Promise<void> = this.send(parcel).finally(() => {
        this.running.delete(parcel);
        this.feed();
      });
      this.running.set(parcel, sending);
    }
  }

  /** The first that waits, and those right behind it that go to the same place and fit. */
  private pack(): Parcel {
    const { topic, partition } = this.waiting[0]!;
    const place = partition === undefined ? { key: String(this.turn++) } : { partition };
    const parcel: Parcel = { topic, letters: [], messages: [] };
    let bytes = 0;
    while (parcel.letters.length < SEND_MESSAGES_MAX) {
      const next = this.waiting[0];
      if (next?.topic !== topic || next.partition !== partition) break;
      let message: Message;
      try {
        message = next.message();
      } catch (thrown) {
        // Its sender's mistake, and nobody else's.
        this.waiting.shift()!.reject(asTesseraError(thrown));
        continue;
      }
      bytes += sizeOf(message);
      if (parcel.letters.length > 0 && bytes > SEND_BYTES_MAX) break;
      parcel.letters.push(this.waiting.shift()!);
      parcel.messages.push({ ...message, ...place });
    }
    return parcel;
  }

  private async send({ topic, letters, messages }: Parcel): Promise<void> {
    const name = this.options.nameOf(topic);
    try {
      await this.sendUntilAnswered(name, messages);
      this.options.onSent(messages.reduce((sum, message) => sum + sizeOf(message), 0));
      for (const { resolve } of letters) resolve();
    } catch (thrown) {
      const fault = busFault(thrown, "bus_send_failed", `Sending to ${name}`);
      for (const { reject } of letters) reject(fault);
    }
  }

  private async sendUntilAnswered(topic: string, messages: Message[]): Promise<void> {
    for (let attempt = 1; attempt <= UNANSWERED_MAX; attempt++) {
      const answer = await this.options.producer.send({ topic, acks: -1, messages });
      if (coversSend(answer, topic)) return;
    }
    throw new TesseraError("bus_send_failed", `The broker did not answer for what was sent to ${topic}.`);
  }
}

function refuse(letters: readonly Letter[]): void {
  for (const { reject } of letters) reject(new TesseraError("bus_closed"));
}

/** Whether the broker said of the one partition that was sent to where the messages stand. */
const coversSend = (answer: readonly RecordMetadata[], topic: string): boolean =>
  answer.length === 1 &&
  answer[0]!.topicName === topic &&
  answer[0]!.errorCode === 0 &&
  Number(answer[0]!.baseOffset ?? -1) >= 0;

/**
 * All messages of a send name the same partition, or have the same number as key: they go to one, also when sent again.
 * A partition that the topic does not have becomes one that it has.
 */
export const onePartition: () => ReturnType<typeof Partitioners.DefaultPartitioner> =
  () =>
  ({ partitionMetadata, message }) => {
    const named = partitionMetadata.find(({ partitionId }) => partitionId === message.partition);
    return (named ?? partitionMetadata[Number(message.key ?? 0) % partitionMetadata.length]!).partitionId;
  };

function kafkaMessage<T extends Topic>(topic: T, message: Messages[T]): Message {
  const { headers, value } = encode(topic, message);
  return { headers, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
}

function once<V>(make: () => V): () => V {
  let made: V | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const sizeOf = ({ value, headers }: Message): number =>
  (value?.length ?? 0) + Object.values(headers ?? {}).reduce((sum, text) => sum + (text?.length ?? 0), 0);
