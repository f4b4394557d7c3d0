import type {
  Consumer,
  ConsumerGroupJoinEvent,
  EachBatchPayload,
  Kafka,
  KafkaMessage,
  RequestEvent,
} from "kafkajs";
import { TesseraError } from "../../errors.ts";
import { within } from "../../within.ts";
import type { Subscription, Topic } from "../port.ts";
import { stickyAssigner } from "./assigner.ts";
import { PATIENT } from "./client.ts";
import { busFault } from "./faults.ts";
import type { Fetched, Inbox, Mark } from "./inbox.ts";
import { LEAVE_LIMIT_MS } from "./leave.ts";
import { isTooEarly } from "./until_known.ts";
import { META_HEADER, VERSION_HEADER, type Wire } from "./wire.ts";

const COMMIT_EVERY_MS = 500;
/** A member that waits for room says this often that it lives. */
const ROOM_WAIT_MS = 250;
/**
 * A broker without news answers after this long. Each question costs an idle worker some milliseconds, since it names
 * every partition; but only between two questions does a member hear that its group changes, or leave it.
 */
const FETCH_WAIT_MS = 500;
/** Between a fault that ended a member and its next try. */
const AGAIN_AFTER_MS = { first: 500, most: 10_000 };

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
  /** Of a group that has this member only: where it begins, whatever the topic holds. Else where the group stands. */
  readonly from?: () => Promise<readonly Mark[]>;
  readonly onShare: () => void;
  /** The member stopped, and begins anew by itself. */
  readonly onTrouble: (fault: TesseraError) => void;
  readonly onAnswer: (event: RequestEvent) => void;
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
 *
 * A consumer that kafkajs gives up is replaced by a new one, for as long as nobody closes the member.
 */
export class Member implements Subscription {
  readonly ready: Promise<void>;
  private readonly joined = Promise.withResolvers<void>();
  private readonly life: Promise<void>;
  private readonly ending = Promise.withResolvers<void>();
  private consumer: Consumer | undefined;
  private committing: Promise<void> = Promise.resolve();
  private begins: Map<number, bigint> | undefined;
  private memberId = "";
  private owned: readonly number[] = [];
  private rejoining = true;
  private closing: Promise<void> | undefined;
  /** By then the last commit and the farewell have to be answered. */
  private leaveByMs = Number.POSITIVE_INFINITY;

  constructor(private readonly options: MemberOptions) {
    this.ready = this.joined.promise;
    this.ready.catch(() => {}); // not everybody waits for it
    this.life = this.live();
  }

  share(): readonly number[] {
    return this.rejoining ? [] : this.owned;
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    await this.options.inbox.drain();
    this.leaveByMs = performance.now() + LEAVE_LIMIT_MS;
    await within(LEAVE_LIMIT_MS, this.commit());
    this.ending.resolve();
    await this.life;
    this.joined.reject(new TesseraError("bus_closed"));
  }

  /** One consumer after the other, until the member is closed. */
  private async live(): Promise<void> {
    let wait = AGAIN_AFTER_MS.first;
    for (;;) {
      const begun = Date.now();
      const fault = await this.serve();
      if (fault === undefined) return;
      // Of a broker that has just started, or of a new group, the first such answer is no trouble.
      if (!isTooEarly(fault) || wait > AGAIN_AFTER_MS.first) this.options.onTrouble(fault);
      if (Date.now() - begun > AGAIN_AFTER_MS.most) wait = AGAIN_AFTER_MS.first;
      if (await within(wait, this.ending.promise)) return;
      wait = Math.min(2 * wait, AGAIN_AFTER_MS.most);
    }
  }

  /** The life of one consumer. @returns what ended it, or nothing if the member is closed */
  private async serve(): Promise<TesseraError | undefined> {
    const { topic, group } = this.options;
    const crashed = Promise.withResolvers<unknown>();
    const consumer = this.createConsumer();
    this.consumer = consumer;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.onJoin(payload));
    consumer.on(consumer.events.REBALANCING, () => this.onRebalancing());
    consumer.on(consumer.events.REQUEST, this.options.onAnswer);
    consumer.on(consumer.events.CRASH, ({ payload }) => crashed.resolve(payload.error));
    const timer = setInterval(() => void this.commit(), COMMIT_EVERY_MS);
    const begin = async () => {
      await this.findBeginning();
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatch: (payload) => this.onBatch(payload) });
      return crashed.promise;
    };
    const ended = this.ending.promise.then(() => undefined);
    const crash = await Promise.race([begin().catch((thrown: unknown) => thrown), crashed.promise, ended]);
    clearInterval(timer);
    this.rejoining = true;
    const left = consumer.disconnect().catch(() => {});
    await within(Math.min(LEAVE_LIMIT_MS, this.leaveByMs - performance.now()), left);
    const doing = `Reading ${topic} in the group ${group}`;
    return crash === undefined ? undefined : busFault(crash, "bus_consumer_stopped", doing);
  }

  private createConsumer(): Consumer {
    const { kafka, group, atOnce } = this.options;
    return kafka.consumer({
      groupId: group,
      sessionTimeout: 10_000,
      heartbeatInterval: 1000,
      // a member that was killed holds up the whole group for as long as this
      rebalanceTimeout: 5000,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: 4 * 1024 * 1024,
      maxBytesPerPartition: 2 * 1024 * 1024,
      allowAutoTopicCreation: false,
      // Begun anew by kafkajs itself, a consumer leaves a ghost in the group.
      retry: { ...PATIENT, restartOnFailure: async () => false },
      partitionAssigners: [stickyAssigner(() => ({ weight: atOnce, had: this.owned }))],
    });
  }

  /** Asked once, before anything can come that it is to hear. */
  private async findBeginning(): Promise<void> {
    const marks = this.begins === undefined ? await this.options.from?.() : undefined;
    if (marks !== undefined) this.begins = new Map(marks.map(({ partition, offset }) => [partition, offset]));
  }

  private async onBatch({ batch, heartbeat, isRunning }: EachBatchPayload): Promise<void> {
    const { inbox } = this.options;
    inbox.take(batch.partition, batch.messages.map(fetched));
    while (inbox.isFull() && isRunning()) {
      await inbox.room(ROOM_WAIT_MS);
      await heartbeat();
    }
  }

  private onJoin({ memberId, memberAssignment }: ConsumerGroupJoinEvent["payload"]): void {
    const { inbox, topic, onShare } = this.options;
    this.owned = memberAssignment[topic] ?? [];
    const kept = inbox.keep(memberId === this.memberId ? this.owned : []);
    const goesOn = new Map(kept.map(({ partition, offset }) => [partition, offset]));
    for (const partition of this.owned) {
      const offset = goesOn.get(partition) ?? this.begins?.get(partition);
      if (offset !== undefined) this.consumer?.seek({ topic, partition, offset: String(offset) });
    }
    this.memberId = memberId;
    this.rejoining = false;
    this.joined.resolve();
    onShare();
  }

  private onRebalancing(): void {
    void this.commit();
    this.rejoining = true;
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
    if (marks.length === 0 || this.consumer === undefined) return;
    for (const { partition, offset } of marks) this.begins?.set(partition, offset);
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

const fetched = (message: KafkaMessage): Fetched => ({
  offset: BigInt(message.offset),
  wire: wireOf(message),
});

/** In memory of its own, which threads can see: what kafkajs gives are views on a whole fetch. */
export const wireOf = ({ headers, value }: Pick<KafkaMessage, "headers" | "value">): Wire => ({
  headers: {
    [VERSION_HEADER]: textOf(headers?.[VERSION_HEADER]),
    [META_HEADER]: textOf(headers?.[META_HEADER]),
  },
  value: shared(value),
});

function shared(value: Buffer | null): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(value?.length ?? 0));
  if (value !== null) bytes.set(value);
  return bytes;
}

/** A header that is there twice is none of ours. */
const textOf = (header: Buffer | string | (Buffer | string)[] | undefined): string =>
  header === undefined || Array.isArray(header) ? "" : header.toString();
