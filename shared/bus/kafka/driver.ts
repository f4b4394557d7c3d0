import { randomUUID } from "node:crypto";
import type { Kafka, Producer } from "kafkajs";
import { type ErrorCode, TesseraError } from "../../errors.ts";
import { within } from "../../within.ts";
import { PROTOCOL, type TileName } from "../messages.ts";
import type {
  Bus,
  BusCounts,
  Handler,
  Messages,
  NewsTopic,
  Subscription,
  Topic,
  TopicReport,
  WorkTopic,
} from "../port.ts";
import { type KafkaSettings, kafkaClient, PATIENT } from "./client.ts";
import { busFault } from "./faults.ts";
import { deleteGroups, endsOf } from "./groups.ts";
import { Inbox } from "./inbox.ts";
import { LEAVE_LIMIT_MS } from "./leave.ts";
import { Member } from "./member.ts";
import { Reach } from "./reach.ts";
import { onePartition, SENDS_AT_ONCE_MAX, Sender } from "./sender.ts";
import { reportTopics } from "./topic_report.ts";
import { requireTopics, topicName, workerGroup } from "./topics.ts";
import type { Refusal } from "./wire.ts";

/** For each handler at work two messages wait: enough that none has to wait for a fetch. */
const MESSAGES_PER_HANDLER = 3;
const BYTES_MAX = 24 * 1024 * 1024;
/** However many ask how the topics stand, Kafka is asked no oftener. */
const LOOK_EVERY_MS = 2000;
/** News is heard one by one, in no time. */
const NEWS_AT_ONCE = 16;

export interface KafkaBusOptions {
  readonly settings: KafkaSettings;
  /** Sends under way at a time, each of one message or several small ones. */
  readonly sendsAtOnce?: number;
  /** A broker does not answer, or a member of a group has stopped: it is tried again. */
  readonly onTrouble?: (fault: TesseraError) => void;
  /** All brokers that did not answer do so again. */
  readonly onBack?: () => void;
  /** A message was damaged or not ours, and is dropped. */
  readonly onRefused?: (topic: Topic, refusal: Refusal) => void;
  /** Every delivery of a message was rejected by its handler, and it is dropped. */
  readonly onAbandoned?: (topic: Topic) => void;
}

/** The bus past one machine: Apache Kafka. */
export class KafkaBus implements Bus {
  readonly packs = true;
  readonly counts = { refused: 0, abandoned: 0, sentBytes: 0, receivedBytes: 0 } satisfies BusCounts;
  private readonly id = randomUUID();
  private readonly members = new Set<Subscription>();
  /** Groups that nobody but this process has. */
  private readonly ownGroups: string[] = [];
  private readonly sender: Sender;
  private closing: Promise<void> | undefined;
  private look: { readonly atMs: number; readonly topics: Promise<readonly TopicReport[]> } | undefined;

  private constructor(
    private readonly options: KafkaBusOptions,
    private readonly kafka: Kafka,
    private readonly producer: Producer,
    private readonly reach: Reach,
  ) {
    this.sender = new Sender({
      producer,
      nameOf: (topic) => topicName(options.settings, topic),
      sendsAtOnce: options.sendsAtOnce ?? SENDS_AT_ONCE_MAX,
      onSent: (bytes) => {
        this.counts.sentBytes += bytes;
      },
    });
  }

  /** @throws bus_unreachable, bus_login_refused, bus_certificate_untrusted, bus_not_allowed, bus_topic_missing */
  static async connect(options: KafkaBusOptions): Promise<KafkaBus> {
    await requireTopics(options.settings);
    const { onTrouble = () => {}, onBack = () => {} } = options;
    const reach = new Reach(onTrouble, onBack);
    const kafka = kafkaClient(options.settings, PATIENT, reach.logged);
    const producer = kafka.producer({ createPartitioner: onePartition, allowAutoTopicCreation: false });
    producer.on(producer.events.REQUEST, reach.answered);
    try {
      await producer.connect();
    } catch (thrown) {
      throw busFault(thrown, "bus_request_refused");
    }
    return new KafkaBus(options, kafka, producer, reach);
  }

  trouble(): ErrorCode | undefined {
    return this.reach.isSilent() ? "bus_unreachable" : undefined;
  }

  topics(): Promise<readonly TopicReport[]> {
    const now = performance.now();
    if (this.look === undefined || now - this.look.atMs >= LOOK_EVERY_MS)
      this.look = { atMs: now, topics: reportTopics(this.options.settings) };
    return this.look.topics;
  }

  publish<T extends Topic>(topic: T, message: Messages[T], partition?: number): Promise<void> {
    return this.closing
      ? Promise.reject(new TesseraError("bus_closed"))
      : this.sender.publish(topic, message, partition);
  }

  /** Tasks are shared among all workers; results go to everyone who gives out tasks, from now on. */
  subscribe<T extends WorkTopic>(
    topic: T,
    atOnce: number,
    handler: Handler<Messages[T]>,
    onShare: () => void = () => {},
  ): Subscription {
    if (topic === "tasks")
      return this.join(topic, workerGroup(this.options.settings), atOnce, handler, onShare);
    return this.join(topic, this.ownGroup("master"), atOnce, handler, onShare, true);
  }

  follow<T extends NewsTopic>(topic: T, listener: (message: Messages[T]) => void): Subscription {
    const handler = async (message: Messages[T]) => listener(message);
    return this.join(topic, this.ownGroup(topic), NEWS_AT_ONCE, handler, () => {}, true);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private join<T extends Topic>(
    topic: T,
    group: string,
    atOnce: number,
    handler: Handler<Messages[T]>,
    onShare: () => void,
    fromNow = false,
  ): Subscription {
    const { settings, onTrouble, onRefused, onAbandoned } = this.options;
    const inbox = new Inbox({
      topic,
      atOnce,
      handler,
      messagesMax: MESSAGES_PER_HANDLER * atOnce,
      bytesMax: BYTES_MAX,
      onTaken: (bytes) => {
        this.counts.receivedBytes += bytes;
      },
      onRefused: (refusal, tile) => {
        this.counts.refused++;
        onRefused?.(topic, refusal);
        if (tile !== undefined) this.sendBack(tile);
      },
      onAbandoned: () => {
        this.counts.abandoned++;
        onAbandoned?.(topic);
      },
    });
    const member = new Member({
      kafka: this.kafka,
      topic: topicName(settings, topic),
      group,
      atOnce,
      inbox,
      ...(fromNow && { from: () => endsOf(settings, topic) }),
      onShare,
      onTrouble: (fault) => onTrouble?.(fault),
      onAnswer: this.reach.answered,
    });
    this.members.add(member);
    return {
      ready: member.ready,
      share: () => member.share(),
      close: () => member.close().finally(() => this.members.delete(member)),
    };
  }

  /** A task of another version: whoever sent it is told at once that nobody here works on it. */
  private sendBack(tile: TileName): void {
    const about = { protocol: PROTOCOL, worker: this.id, ok: false, message: "" } as const;
    const sent = this.publish("results", { ...about, ...tile, code: "tile_misdelivered" });
    sent.catch(() => {}); // then its lease tells
  }

  private ownGroup(role: string): string {
    const group = `${this.options.settings.prefix ?? ""}${role}-${this.id}-${this.ownGroups.length}`;
    this.ownGroups.push(group);
    return group;
  }

  private async end(): Promise<void> {
    const left = Promise.all([...this.members].map((member) => member.close()));
    const isAnswered = await this.sender.close();
    await left;
    const disconnected = this.producer.disconnect().catch(() => {});
    if (!isAnswered) return;
    // Left alone, they would be remembered for days.
    const deleted = deleteGroups(this.options.settings, this.ownGroups).catch(() => {});
    await within(LEAVE_LIMIT_MS, Promise.all([disconnected, deleted]));
  }
}
