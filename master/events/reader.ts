import type { Since } from "../../shared/api/events.ts";
import { CLOSE } from "../../shared/api/socket.ts";
import { asTesseraError, type ErrorCode, TesseraError } from "../../shared/errors.ts";
import { type Caller, may } from "../access/caller.ts";
import { type AnyFeed, NOTHING, type Told } from "./feed.ts";
import { Frame } from "./frame.ts";
import type { EventHub } from "./hub.ts";

const TOPICS_MAX = 100;
/** How long a reader may take nothing while there is something for it. */
const SLOW_MS = 30_000;

/** Written at a time, before it is asked again whether more is taken. */
const ROUND_BYTES = 64 << 10;

/** Whoever gets one of them is not let in again. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(["unauthorized", "forbidden"]);

/** The connection to a reader, whatever its protocol. */
export interface Outlet {
  /** Whether it takes more. If it does not, it calls `Reader.flush` once it does. */
  isReady(): boolean;
  /** @param upTo all changes up to this one are told with these frames; undefined while that is not so */
  send(frames: readonly Frame[], upTo?: number): void;
  /** To be called every so often while it is ready, so that nobody on the way takes it for dead. */
  keepAlive(): void;
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
  /** Since when it has taken nothing. */
  private lateSinceMs: number | undefined;
  private greeted = false;
  private ended = false;

  /** @param identify asks again who it is */
  constructor(
    private readonly hub: EventHub,
    readonly caller: Caller,
    private readonly outlet: Outlet,
    private readonly identify: () => Caller | Promise<Caller>,
  ) {}

  /** Has it told of a topic: what it has missed after `since`, or the whole. @throws job_not_found, batch_not_found, request_invalid */
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
      this.outlet.send(frames, this.isToldAll() ? this.hub.last : undefined);
    }
    if (this.outlet.isReady()) this.lateSinceMs = undefined;
    else this.lateSinceMs ??= this.hub.now();
  }

  /** Tells it that something it said could not be done. */
  refuse(thrown: unknown, topic?: string): void {
    const { code, message } = asTesseraError(thrown);
    const said = { type: "error", code, message, ...(topic !== undefined && { topic }) } as const;
    if (!this.ended && this.outlet.isReady()) this.outlet.send([new Frame(said)]);
  }

  /** To be called every so often: whether it reads, and may still. */
  async look(): Promise<void> {
    this.flush(); // also of who is told nothing it is noted that they take nothing: answers to pings may wait there
    if (this.lateSinceMs === undefined) this.outlet.keepAlive();
    else if (this.hub.now() - this.lateSinceMs >= SLOW_MS)
      this.close(CLOSE.tooSlow, "What is sent is not read.");
    try {
      const { owner } = await requireReader(this.identify());
      if (owner !== this.caller.owner) throw new TesseraError("unauthorized");
    } catch (thrown) {
      // Who cannot be asked for now was known a moment ago.
      if (!REFUSALS.has(asTesseraError(thrown).code)) return;
      this.close(CLOSE.unauthorized, "The credentials are not valid any more.");
    }
  }

  close(code: number, reason: string): void {
    if (this.ended) return;
    this.end();
    this.outlet.close(code, reason);
  }

  /** The connection is no more. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const topic of this.subscriptions.keys()) this.hub.leave(this, topic);
    this.subscriptions.clear();
    this.hub.ended(this);
  }

  /** A frame of each topic that has something to tell, up to a bound; those that were not told of lately come first. */
  private next(): Frame[] {
    const frames: Frame[] = this.greeted ? [] : [this.hub.hello];
    this.greeted = true;
    let bytes = 0;
    for (const [topic, subscription] of [...this.subscriptions]) {
      const next = subscription.feed.next(subscription.told);
      if (next === undefined) continue;
      subscription.told = next.told;
      frames.push(next.frame);
      bytes += next.frame.payload().length;
      this.subscriptions.delete(topic);
      if (next.frame.message.type === "gone") this.hub.leave(this, topic);
      else this.subscriptions.set(topic, subscription);
      if (bytes >= ROUND_BYTES) break;
    }
    return frames;
  }

  private isToldAll(): boolean {
    return [...this.subscriptions.values()].every(({ feed, told }) => feed.isAll(told));
  }
}

async function requireReader(caller: Caller | Promise<Caller>): Promise<Caller> {
  const known = await caller;
  if (!may(known, "read")) throw new TesseraError("forbidden");
  return known;
}
