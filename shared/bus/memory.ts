import { TesseraError } from "../errors.ts";
import type { Bus, Handler, Messages, Subscription, Topic } from "./port.ts";

/** A handler that keeps rejecting the same message is not fed it for ever. */
const DELIVERIES_MAX = 10;

/**
 * The bus inside one process: a bounded queue a topic. It passes rasters themselves, not copies, and never listens on
 * a socket; past one machine the bus is Kafka.
 */
export class MemoryBus implements Bus {
  private readonly queues: { readonly [T in Topic]: Queue<Messages[T]> };

  /** @param bound messages a topic holds before `publish` waits */
  constructor(bound = 1024) {
    this.queues = { tasks: new Queue(bound), results: new Queue(bound) };
  }

  publish<T extends Topic>(topic: T, message: Messages[T]): Promise<void> {
    return this.queues[topic].push(message);
  }

  subscribe<T extends Topic>(topic: T, atOnce: number, handler: Handler<Messages[T]>): Subscription {
    return this.queues[topic].join(atOnce, handler);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.queues).map((queue) => queue.close()));
  }
}

interface Item<M> {
  readonly message: M;
  deliveries: number;
}

class Queue<M> {
  private readonly waiting: Item<M>[] = [];
  private readonly blocked: { readonly item: Item<M>; resolve(): void; reject(error: Error): void }[] = [];
  private readonly members: Member<M>[] = [];
  private turn = 0;
  private closed = false;

  constructor(private readonly bound: number) {}

  push(message: M): Promise<void> {
    if (this.closed) return Promise.reject(new TesseraError("bus_closed"));
    const item = { message, deliveries: 0 };
    if (this.waiting.length < this.bound) {
      this.waiting.push(item);
      this.feed();
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.blocked.push({ item, resolve, reject }));
  }

  join(atOnce: number, handler: Handler<M>): Subscription {
    const member = new Member(atOnce, handler, (item) => this.putBack(item));
    member.onRoom = () => this.feed();
    this.members.push(member);
    this.feed();
    return {
      ready: Promise.resolve(),
      close: () => {
        const at = this.members.indexOf(member);
        if (at >= 0) this.members.splice(at, 1);
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

  /** Hands waiting messages to the members in turn, as far as they have room. */
  private feed(): void {
    while (this.waiting.length > 0) {
      const member = this.nextWithRoom();
      if (member === undefined) return;
      member.take(this.waiting.shift()!);
      const freed = this.blocked.shift();
      if (freed !== undefined) {
        this.waiting.push(freed.item);
        freed.resolve();
      }
    }
  }

  private nextWithRoom(): Member<M> | undefined {
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
