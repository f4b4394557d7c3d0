import { TesseraError } from "../errors.ts";
import type { Bus, Handler, Messages, NewsTopic, Subscription, Topic, WorkTopic } from "./port.ts";

/** A handler that keeps rejecting the same message is not fed it for ever. */
const DELIVERIES_MAX = 10;

/**
 * The bus inside one process: a bounded queue a topic of work. It passes rasters themselves, not copies, and never
 * listens on a socket; past one machine the bus is Kafka. Every member of a group is a partition of its own.
 */
export class MemoryBus implements Bus {
  private readonly queues: { readonly [T in WorkTopic]: Queue<Messages[T]> };
  private readonly followers = new Set<{ topic: Topic; listener: (message: never) => void }>();
  private closed = false;

  /**
   * @param bound messages a topic holds before `publish` waits
   * @param packs for members that share no memory, so that they pack pixels as over any other bus
   */
  constructor(
    bound = 1024,
    readonly packs = false,
  ) {
    this.queues = { tasks: new Queue(bound), results: new Queue(bound) };
  }

  publish<T extends Topic>(topic: T, message: Messages[T], partition?: number): Promise<void> {
    if (this.closed) return Promise.reject(new TesseraError("bus_closed"));
    const queue = this.queues[topic as WorkTopic] as unknown as Queue<Messages[T]> | undefined;
    if (queue !== undefined) return queue.push(message, partition);
    for (const follower of this.followers)
      if (follower.topic === topic) queueMicrotask(() => follower.listener(message as never));
    return Promise.resolve();
  }

  subscribe<T extends WorkTopic>(
    topic: T,
    atOnce: number,
    handler: Handler<Messages[T]>,
    onShare?: () => void,
  ): Subscription {
    const queue: Queue<Messages[T]> = this.queues[topic];
    const subscription = queue.join(atOnce, handler);
    if (onShare !== undefined) queueMicrotask(onShare);
    return subscription;
  }

  follow<T extends NewsTopic>(topic: T, listener: (message: Messages[T]) => void): Subscription {
    const follower = { topic, listener };
    this.followers.add(follower);
    return {
      ready: Promise.resolve(),
      share: () => [0],
      close: async () => void this.followers.delete(follower),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.followers.clear();
    await Promise.all(Object.values(this.queues).map((queue) => queue.close()));
  }
}

interface Item<M> {
  readonly message: M;
  readonly partition: number | undefined;
  deliveries: number;
}

class Queue<M> {
  private readonly waiting: Item<M>[] = [];
  private readonly blocked: { readonly item: Item<M>; resolve(): void; reject(error: Error): void }[] = [];
  private readonly members: Member<M>[] = [];
  private partitions = 0;
  private turn = 0;
  private closed = false;

  constructor(private readonly bound: number) {}

  push(message: M, partition: number | undefined): Promise<void> {
    const item = { message, partition, deliveries: 0 };
    if (this.waiting.length < this.bound) {
      this.waiting.push(item);
      this.feed();
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.blocked.push({ item, resolve, reject }));
  }

  join(atOnce: number, handler: Handler<M>): Subscription {
    const member = new Member(this.partitions++, atOnce, handler, (item) => this.putBack(item));
    member.onRoom = () => this.feed();
    this.members.push(member);
    this.feed();
    return {
      ready: Promise.resolve(),
      share: () => [member.partition],
      close: () => {
        const at = this.members.indexOf(member);
        if (at >= 0) this.members.splice(at, 1);
        this.feed();
        return member.drain();
      },
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { reject } of this.blocked.splice(0)) reject(new TesseraError("bus_closed"));
    await Promise.all(this.members.splice(0).map((member) => member.drain()));
    this.waiting.length = 0;
  }

  /** Hands waiting messages to the members, as far as they have room. */
  private feed(): void {
    for (let at = 0; at < this.waiting.length; ) {
      const member = this.memberFor(this.waiting[at]!);
      if (member === undefined) {
        at++;
        continue;
      }
      const [item] = this.waiting.splice(at, 1);
      member.take(item!);
      const freed = this.blocked.shift();
      if (freed !== undefined) {
        this.waiting.push(freed.item);
        freed.resolve();
      }
    }
  }

  /** The partition's own member if there is one, else the next in turn; nothing if there is no room. */
  private memberFor({ partition }: Item<M>): Member<M> | undefined {
    const own = this.members.find((member) => member.partition === partition);
    if (own !== undefined) return own.hasRoom() ? own : undefined;
    for (let i = 0; i < this.members.length; i++) {
      const member = this.members[(this.turn + i) % this.members.length]!;
      if (!member.hasRoom()) continue;
      this.turn = (this.turn + i + 1) % this.members.length;
      return member;
    }
    return undefined;
  }

  private putBack(item: Item<M>): void {
    if (this.closed || item.deliveries >= DELIVERIES_MAX) return;
    this.waiting.unshift(item);
  }
}

class Member<M> {
  onRoom: () => void = () => {};
  private readonly running = new Set<Promise<void>>();

  constructor(
    readonly partition: number,
    private readonly atOnce: number,
    private readonly handler: Handler<M>,
    private readonly putBack: (item: Item<M>) => void,
  ) {}

  hasRoom(): boolean {
    return this.running.size < this.atOnce;
  }

  take(item: Item<M>): void {
    item.deliveries++;
    const work: Promise<void> = this.handler(item.message)
      .catch(() => this.putBack(item))
      .finally(() => {
        this.running.delete(work);
        this.onRoom();
      });
    this.running.add(work);
  }

  async drain(): Promise<void> {
    await Promise.all(this.running);
  }
}
