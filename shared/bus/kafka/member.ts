import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka, KafkaMessage } from "kafkajs";
import { TesseraError } from "../../errors.ts";
import type { Subscription, Topic } from "../port.ts";
import { stickyAssigner } from "./assigner.ts";
import { PATIENT } from "./client.ts";
import { busFault } from "./faults.ts";
import type { Fetched, Inbox } from "./inbox.ts";
import { META_HEADER, VERSION_HEADER, type Wire } from "./wire.ts";

const COMMIT_EVERY_MS = 500;
/** A member that waits for room says this often that it lives. */
const ROOM_WAIT_MS = 250;

interface MemberOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly group: string;
  /** Handlers that run at a time: how much of the topic it takes beside the others. */
  readonly atOnce: number;
  readonly inbox: Pick<
    Inbox<Topic>,
    "take" | "isFull" | "room" | "keep" | "uncommitted" | "committed" | "drain"
  >;
  /** The member has ended for good, or (`again`) begins anew by itself. */
  readonly onTrouble: (fault: TesseraError, again: boolean) => void;
}

/**
 * One member of a consumer group. Fetching never waits for the work, only for room; what is done is committed behind
 * it, up to the first message that is not.
 *
 * While nothing has room the batch handler waits and sends heartbeats. `pause` would do neither: with everything paused
 * kafkajs sleeps, `resume` does not wake it, and a pause that outlives a rebalance stops the member for ever.
 *
 * At a rebalance what is done is committed first, then nothing until the group has formed again: such commits fail. Who
 * comes back as the same member keeps what it still has and goes on behind it; as another, it has been given up
 * meanwhile, and begins from what is committed.
 */
export class Member implements Subscription {
  readonly ready: Promise<void>;
  private readonly joined = Promise.withResolvers<void>();
  private readonly consumer: Consumer;
  private readonly started: Promise<void>;
  private committing: Promise<void> = Promise.resolve();
  private timer: ReturnType<typeof setInterval> | undefined;
  private memberId = "";
  private owned: readonly number[] = [];
  private rejoining = true;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: MemberOptions) {
    this.ready = this.joined.promise;
    this.ready.catch(() => {}); // onTrouble hears of it too
    this.consumer = options.kafka.consumer({
      groupId: options.group,
      sessionTimeout: 10_000,
      heartbeatInterval: 1000,
      // a member that was killed holds up the whole group for as long as this
      rebalanceTimeout: 5000,
      maxWaitTimeInMs: ROOM_WAIT_MS,
      minBytes: 1,
      maxBytes: 4 * 1024 * 1024,
      maxBytesPerPartition: 2 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: PATIENT,
      partitionAssigners: [stickyAssigner(() => ({ weight: options.atOnce, had: this.owned }))],
    });
    this.started = this.start();
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    await this.started;
    await this.options.inbox.drain();
    clearInterval(this.timer);
    await this.commit();
    await this.consumer.disconnect();
    this.joined.reject(new TesseraError("bus_closed"));
  }

  private async start(): Promise<void> {
    const { consumer } = this;
    const { topic } = this.options;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.onJoin(payload));
    consumer.on(consumer.events.REBALANCING, () => this.onRebalancing());
    consumer.on(consumer.events.CRASH, ({ payload }) => this.onCrash(payload.error, payload.restart));
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatch: (payload) => this.onBatch(payload) });
      this.timer = setInterval(() => void this.commit(), COMMIT_EVERY_MS);
    } catch (thrown) {
      this.onCrash(thrown, false);
    }
  }

  private async onBatch({ batch, heartbeat, isRunning }: EachBatchPayload): Promise<void> {
    const { inbox } = this.options;
    inbox.take(batch.partition, batch.messages.map(copied));
    while (inbox.isFull() && isRunning()) {
      await inbox.room(ROOM_WAIT_MS);
      await heartbeat();
    }
  }

  private onJoin({ memberId, memberAssignment }: ConsumerGroupJoinEvent["payload"]): void {
    const { inbox, topic } = this.options;
    this.owned = memberAssignment[topic] ?? [];
    const kept = inbox.keep(memberId === this.memberId ? this.owned : []);
    for (const { partition, offset } of kept)
      this.consumer.seek({ topic, partition, offset: String(offset) });
    this.memberId = memberId;
    this.rejoining = false;
    this.joined.resolve();
  }

  private onRebalancing(): void {
    void this.commit();
    this.rejoining = true;
  }

  private onCrash(thrown: unknown, again: boolean): void {
    const fault = busFault(thrown, "bus_consumer_stopped");
    this.rejoining = true;
    if (!again) this.joined.reject(fault);
    this.options.onTrouble(fault, again);
  }

  /** One at a time. */
  private commit(): Promise<void> {
    if (this.rejoining) return this.committing;
    this.committing = this.committing.then(() => this.commitNow());
    return this.committing;
  }

  private async commitNow(): Promise<void> {
    const { inbox, topic } = this.options;
    const marks = inbox.uncommitted();
    if (marks.length === 0) return;
    try {
      await this.consumer.commitOffsets(
        marks.map(({ partition, offset }) => ({ topic, partition, offset: String(offset) })),
      );
      inbox.committed(marks);
    } catch {
      // The group changes, or the broker is away: the next commit says the same or more, and what nobody commits comes
      // again.
    }
  }
}

/** In memory of its own: what kafkajs gives are views on a whole fetch. */
function copied({ offset, headers, value }: KafkaMessage): Fetched {
  const wire: Wire = {
    headers: {
      [VERSION_HEADER]: textOf(headers?.[VERSION_HEADER]),
      [META_HEADER]: textOf(headers?.[META_HEADER]),
    },
    value: new Uint8Array(value ?? []),
  };
  return { offset: BigInt(offset), wire };
}

/** A header that is there twice is none of ours. */
const textOf = (header: Buffer | string | (Buffer | string)[] | undefined): string =>
  header === undefined || Array.isArray(header) ? "" : header.toString();
