import type { TileName } from "../messages.ts";
import type { Handler, Messages, Topic } from "../port.ts";
import { Watermark } from "./watermark.ts";
import { decode, type Refusal, type Wire } from "./wire.ts";

/** A handler that keeps rejecting the same message is not fed it for ever. */
const DELIVERIES_MAX = 10;

export interface Fetched {
  readonly offset: bigint;
  readonly wire: Wire;
}

export interface Mark {
  readonly partition: number;
  readonly offset: bigint;
}

export interface InboxOptions<T extends Topic> {
  readonly topic: T;
  /** Handlers that run at a time. */
  readonly atOnce: number;
  readonly handler: Handler<Messages[T]>;
  /** Taken and not done; what one fetch brings may go beyond. */
  readonly messagesMax: number;
  readonly bytesMax: number;
  /** Told of the bytes of each message that is taken. */
  readonly onTaken?: (bytes: number) => void;
  readonly onRefused: (refusal: Refusal, tile?: TileName) => void;
  /** A message whose every delivery was rejected is given up, or it would block its partition for ever. */
  readonly onAbandoned: () => void;
}

interface Partition {
  readonly watermark: Watermark;
  lost: boolean;
}

interface Item extends Fetched {
  readonly partition: Partition;
  readonly bytes: number;
  deliveries: number;
}

/**
 * Between fetching and working: what was fetched waits here, `atOnce` handlers work on it, and each partition's mark
 * follows what is done. It knows nothing of the network, so a rebalance is two calls: which partitions are ours now,
 * and what may be committed.
 */
export class Inbox<T extends Topic> {
  private readonly partitions = new Map<number, Partition>();
  private waiting: Item[] = [];
  private readonly running = new Set<Promise<void>>();
  private messages = 0;
  private bytes = 0;
  private closing = false;
  private onRoom = () => {};

  constructor(private readonly options: InboxOptions<T>) {}

  /** Takes what is new of one partition's messages, in order. */
  take(number: number, fetched: readonly Fetched[]): void {
    if (this.closing || fetched.length === 0) return;
    const partition = this.partitions.get(number) ?? {
      watermark: new Watermark(fetched[0]!.offset),
      lost: false,
    };
    this.partitions.set(number, partition);
    for (const { offset, wire } of fetched) {
      if (!partition.watermark.take(offset)) continue;
      const bytes = wire.value.length;
      this.options.onTaken?.(bytes);
      this.waiting.push({ offset, wire, partition, bytes, deliveries: 0 });
      this.messages++;
      this.bytes += bytes;
    }
    this.feed();
  }

  /** Resolves at once if there is room for more, or when there is, or after `ms`. */
  async room(ms: number): Promise<void> {
    if (!this.isFull()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.onRoom = resolve;
    await promise;
    clearTimeout(timer);
  }

  isFull(): boolean {
    const { messagesMax, bytesMax } = this.options;
    if (this.closing) return this.running.size > 0;
    return this.messages >= messagesMax || this.bytes >= bytesMax;
  }

  /** Forgets the partitions that are not in `mine`; answers where each of the rest goes on. */
  keep(mine: readonly number[]): Mark[] {
    for (const [number, partition] of this.partitions) {
      if (mine.includes(number)) continue;
      partition.lost = true;
      this.partitions.delete(number);
    }
    this.discard((item) => item.partition.lost);
    return [...this.partitions].map(([partition, { watermark }]) => ({ partition, offset: watermark.next }));
  }

  uncommitted(): Mark[] {
    return [...this.partitions].flatMap(([partition, { watermark }]) => {
      const offset = watermark.uncommitted();
      return offset === undefined ? [] : [{ partition, offset }];
    });
  }

  committed(marks: readonly Mark[]): void {
    for (const { partition, offset } of marks) this.partitions.get(partition)?.watermark.commit(offset);
  }

  /** Begins nothing more, and waits for what is at work. */
  async drain(): Promise<void> {
    this.closing = true;
    this.discard(() => true);
    await Promise.all(this.running);
    this.onRoom();
  }

  private discard(unwanted: (item: Item) => boolean): void {
    const [gone, kept] = [this.waiting.filter(unwanted), this.waiting.filter((item) => !unwanted(item))];
    this.waiting = kept;
    for (const item of gone) this.release(item);
  }

  private feed(): void {
    while (!this.closing && this.running.size < this.options.atOnce) {
      const item = this.waiting.shift();
      if (item === undefined) return;
      this.deliver(item);
    }
  }

  /** Decoded as late as this: what waits is as small as it came, and every delivery has pixels of its own. */
  private deliver(item: Item): void {
    item.deliveries++;
    const decoded = decode(this.options.topic, item.wire);
    if (!decoded.ok) {
      this.options.onRefused(decoded.refusal, decoded.tile);
      this.finish(item);
      return;
    }
    const work: Promise<void> = Promise.try(this.options.handler, decoded.message)
      .then(
        () => this.finish(item),
        () => this.failed(item),
      )
      .finally(() => {
        this.running.delete(work);
        this.feed();
      });
    this.running.add(work);
  }

  private failed(item: Item): void {
    if (item.deliveries >= DELIVERIES_MAX) {
      this.options.onAbandoned();
      this.finish(item);
    } else if (this.closing || item.partition.lost) {
      this.release(item); // whoever has the partition next gets it again
    } else {
      this.waiting.unshift(item);
    }
  }

  private finish(item: Item): void {
    item.partition.watermark.finish(item.offset);
    this.release(item);
  }

  private release(item: Item): void {
    this.messages--;
    this.bytes -= item.bytes;
    if (!this.isFull()) this.onRoom();
  }
}
