import { CLOSE, type Since } from "../../shared/api/events.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import type { Caller } from "../access/caller.ts";
import { type AnyFeed, NOTHING, type Told } from "./feed.ts";
import { Frame } from "./frame.ts";
import type { EventHub } from "./hub.ts";

const TOPICS_MAX = 100;
/** How long a reader may take nothing while there is something for it. */
const SLOW_MS = 30_000;

/** The connection to a reader, whatever its protocol. */
export interface Outlet {
  /** Whether it takes more. If it does not, it calls `Reader.flush` once it does. */
  isReady(): boolean;
  /** @param upTo all changes up to this one are told with these frames; undefined while that is not so */
  send(frames: readonly Frame[], upTo: number | undefined): void;
  /** @param code see `CLOSE` */
  close(code: number, reason: string): void;
}

interface Subscription {
  readonly feed: AnyFeed;
  told: Told;
}

/** Someone who watches: what they are told of, and how far they are. That is all that is kept for them. */
export class Reader {
  private readonly subscriptions = new Map<string, Subscription>();
  /** Since when it has taken nothing; undefined if there is nothing for it. */
  private lateSinceMs: number | undefined;
  private ended = false;

  constructor(
    private readonly hub: EventHub,
    readonly caller: Caller,
    private readonly outlet: Outlet,
  ) {}

  /** Has it told of a topic: what it has missed after `since`, or the whole. @throws job_not_found, request_invalid */
  subscribe(topic: string, since?: Since): void {
    if (!this.subscriptions.has(topic) && this.subscriptions.size >= TOPICS_MAX)
      throw new TesseraError("request_invalid", `At most ${TOPICS_MAX} topics can be watched at once.`);
    const feed = this.hub.join(this, topic);
    const knows = since !== undefined && since.epoch === this.hub.epoch && since.seq <= this.hub.last;
    this.subscriptions.set(topic, { feed, told: knows ? { kind: "all", seq: since.seq } : NOTHING });
  }

  unsubscribe(topic: string): void {
    if (this.subscriptions.delete(topic)) this.hub.leave(this, topic);
  }

  /** Sends what there is, as long as it is taken. */
  flush(): void {
    while (!this.ended && this.outlet.isReady()) {
      const frames = this.next();
      if (frames.length === 0) break;
      this.outlet.send(frames, this.upTo());
      this.lateSinceMs = undefined;
    }
    // Whether anything is left is not asked, since that would write it: it is late if it does not take what comes.
    if (!this.ended && !this.outlet.isReady()) this.lateSinceMs ??= this.hub.now();
    else this.lateSinceMs = undefined;
  }

  /** Tells it that something it said could not be done. */
  refuse(thrown: unknown, topic?: string): void {
    const { code, message } = asTesseraError(thrown);
    const said = { type: "error", code, message, ...(topic !== undefined && { topic }) } as const;
    if (this.outlet.isReady()) this.outlet.send([new Frame(said)], undefined);
  }

  /** To be called every so often. */
  look(): void {
    if (this.lateSinceMs !== undefined && this.hub.now() - this.lateSinceMs >= SLOW_MS)
      this.close(CLOSE.tooSlow, "What is sent is not read.");
  }

  close(code: number, reason: string): void {
    this.outlet.close(code, reason);
    this.end();
  }

  /** The connection is no more. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const topic of this.subscriptions.keys()) this.hub.leave(this, topic);
    this.subscriptions.clear();
    this.hub.ended(this);
  }

  /** One frame of each topic that has something to tell. */
  private next(): Frame[] {
    const frames: Frame[] = [];
    for (const [topic, subscription] of this.subscriptions) {
      const next = subscription.feed.next(subscription.told);
      if (next === undefined) continue;
      subscription.told = next.told;
      frames.push(next.frame);
      if (next.frame.message.type === "gone") this.unsubscribe(topic);
    }
    return frames;
  }

  /** What a reader may say that it knows of all its topics. */
  private upTo(): number | undefined {
    const all = [...this.subscriptions.values()];
    return all.every(({ told }) => told.kind === "all") ? this.hub.last : undefined;
  }
}
