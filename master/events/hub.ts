import { randomUUID } from "node:crypto";
import { CLOSE } from "../../shared/api/events.ts";
import { TesseraError } from "../../shared/errors.ts";
import { type Caller, may } from "../access/caller.ts";
import { type Every, everyBySystem } from "../clock.ts";
import { ownJob } from "../http/handlers/own.ts";
import type { JobView } from "../jobs/job.ts";
import type { Master } from "../master.ts";
import type { AnyFeed, FeedOptions } from "./feed.ts";
import { JobFeed, JobsFeed, WorkersFeed } from "./feeds.ts";
import { Frame } from "./frame.ts";
import { type Outlet, Reader } from "./reader.ts";

const TICK_MS = 100;
/** Topics that nobody reads, for those who come back. */
const IDLE_MAX = 100;
/** How often it is looked whether a reader reads, and that it may still. */
const LOOK_EVERY_MS = 10_000;

/** Who reads the same thing reads it by the same key, whatever it is called. */
const WORKERS = "workers";
const ALL_JOBS = "jobs";
const OWN_JOBS = "jobs@";
const JOB = "job:";

export interface HubOptions {
  /** Connections in all, and of one owner. */
  readonly watchersMax: number;
  readonly watchersPerOwnerMax: number;
  readonly now?: () => number;
  readonly every?: Every;
}

interface Topic {
  readonly feed: AnyFeed;
  readonly readers: Set<Reader>;
}

/**
 * Between the master, whose jobs change many times a second, and those who watch. What has changed is noted at once and
 * told ten times a second, to everyone who takes more: so what it costs goes by the readers, and never by the changes.
 */
export class EventHub {
  /** Numbers begin anew with the hub. */
  readonly epoch = randomUUID();
  readonly hello = new Frame({ type: "hello", epoch: this.epoch });
  readonly now: () => number;
  private readonly topics = new Map<string, Topic>();
  private readonly readers = new Set<Reader>();
  private readonly touched = new Set<string>();
  private readonly every: Every;
  private seq = 0;
  private endTicks: (() => void) | undefined;
  private endLooks: (() => void) | undefined;
  private endProgress: (() => void) | undefined;
  private closed = false;

  constructor(
    private readonly master: Master,
    private readonly options: HubOptions,
  ) {
    this.every = options.every ?? everyBySystem;
    this.now = options.now ?? Date.now;
  }

  /** A new connection of `caller`. @throws too_many_watchers, bus_closed */
  open(caller: Caller, outlet: Outlet, identify: () => Caller | Promise<Caller>): Reader {
    if (this.closed) throw new TesseraError("bus_closed", "The master is stopping.");
    this.refuseTooMany(caller.owner);
    const reader = new Reader(this, caller, outlet, identify);
    this.readers.add(reader);
    this.endLooks ??= this.every(LOOK_EVERY_MS, () => {
      for (const each of this.readers) void each.look();
    });
    return reader;
  }

  /** Ends every connection. */
  close(): void {
    this.closed = true;
    this.endProgress?.();
    for (const reader of this.readers) reader.close(CLOSE.goingAway, "The server stops.");
    for (const { feed } of this.topics.values()) feed.close();
    this.endTicks?.();
    this.endLooks?.();
  }

  /** The number of the last change. */
  get last(): number {
    return this.seq;
  }

  /** Has `reader` told of a topic. @throws job_not_found */
  join(reader: Reader, name: string): AnyFeed {
    const { caller } = reader;
    this.endProgress ??= this.master.onProgress((job) => this.changed(job));
    if (name.startsWith(JOB)) ownJob(this.master, caller, name.slice(JOB.length));
    const key = keyOf(name, caller);
    const topic = this.topics.get(key) ?? { feed: this.feed(key, caller), readers: new Set() };
    this.topics.delete(key); // those that were used last are last
    this.topics.set(key, topic);
    topic.readers.add(reader);
    return topic.feed;
  }

  leave(reader: Reader, name: string): void {
    const key = keyOf(name, reader.caller);
    const topic = this.topics.get(key);
    if (topic === undefined) return;
    topic.readers.delete(reader);
    if (topic.readers.size > 0) return;
    if (key === "workers") this.drop(key);
    const idle = [...this.topics].filter(([, { readers }]) => readers.size === 0);
    if (idle.length > IDLE_MAX) this.drop(idle[0]![0]);
  }

  /** The connection is no more. */
  ended(reader: Reader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0) return;
    this.endLooks?.();
    this.endLooks = undefined;
  }

  private refuseTooMany(owner: string): void {
    const { watchersMax, watchersPerOwnerMax } = this.options;
    const own = [...this.readers].filter(({ caller }) => caller.owner === owner).length;
    if (this.readers.size >= watchersMax || own >= watchersPerOwnerMax)
      throw new TesseraError("too_many_watchers");
  }

  private changed({ id, owner }: JobView): void {
    for (const key of [`job:${id}`, `${OWN_JOBS}${owner}`, ALL_JOBS]) this.topics.get(key)?.feed.touch(id);
  }

  private feed(key: string, caller: Caller): AnyFeed {
    const options: FeedOptions = { seq: this.seq, onTouch: () => this.touch(key) };
    if (key === WORKERS) return new WorkersFeed(this.master, this.every, options);
    if (key === ALL_JOBS) return new JobsFeed(this.master, undefined, options);
    if (key.startsWith(OWN_JOBS)) return new JobsFeed(this.master, caller.owner, options);
    return new JobFeed(this.master, key.slice(JOB.length), options);
  }

  private touch(key: string): void {
    this.touched.add(key);
    this.endTicks ??= this.every(TICK_MS, () => this.tick());
  }

  private tick(): void {
    if (this.touched.size === 0) {
      this.endTicks?.();
      this.endTicks = undefined;
      return;
    }
    const late = new Set<Reader>();
    let changed = false;
    for (const key of this.touched) {
      const topic = this.topics.get(key);
      if (!topic?.feed.seal(this.seq + 1)) continue;
      changed = true;
      for (const reader of topic.readers) late.add(reader);
    }
    this.touched.clear();
    if (changed) this.seq++;
    for (const reader of late) reader.flush();
  }

  private drop(key: string): void {
    this.topics.get(key)?.feed.close();
    this.topics.delete(key);
  }
}

const keyOf = (topic: string, caller: Caller): string =>
  topic === "jobs" && !may(caller, "admin") ? `${OWN_JOBS}${caller.owner}` : topic;
