import { type Caller, may } from "../access/caller.ts";
import { ownBatch, ownJob } from "../access/own.ts";
import type { Every } from "../clock.ts";
import type { TileChange } from "../jobs/tile_map.ts";
import type { BatchName, JobName } from "../jobs/watchers.ts";
import type { Master } from "../master.ts";
import type { AnyFeed, FeedOptions } from "./feed.ts";
import { BatchFeed } from "./feeds/batch.ts";
import { BatchesFeed } from "./feeds/batches.ts";
import { JobFeed } from "./feeds/job.ts";
import { JobsFeed } from "./feeds/jobs.ts";
import { StatsFeed } from "./feeds/stats.ts";
import { TilesFeed } from "./feeds/tiles.ts";
import { WorkersFeed } from "./feeds/workers.ts";
import type { Reader } from "./reader.ts";

/** Topics that nobody reads, for those who come back. */
const IDLE_MAX = 100;

/** Those who read the same read it by the same key, whatever they call it. */
const WORKERS = "workers";
const ALL_JOBS = "jobs";
const ALL_STATS = "stats";
const ALL_BATCHES = "batches";
/** Behind a name, with the owner: those of one owner only. */
const OWN = "@";
const JOB = "job:";
const TILES = "tiles:";
const BATCH = "batch:";

interface Topic {
  readonly feed: AnyFeed;
  readonly readers: Set<Reader>;
}

/** Everything that is watched, and by whom. */
export class Topics {
  /** Those that were used last are last. */
  private readonly topics = new Map<string, Topic>();
  private readonly touched = new Set<string>();

  constructor(
    private readonly master: Master,
    private readonly every: Every,
    /** Something is to be told at the next tick. */
    private readonly onTouch: () => void,
  ) {}

  /** @param seq the number of the last change @throws job_not_found, batch_not_found */
  join(reader: Reader, name: string, seq: number): AnyFeed {
    const { caller } = reader;
    const one = oneOf(name);
    if (one !== undefined) (one.kind === BATCH ? ownBatch : ownJob)(this.master, caller, one.id);
    const key = keyOf(name, caller);
    const topic = this.topics.get(key) ?? { feed: this.feed(key, caller, seq), readers: new Set() };
    this.topics.delete(key);
    this.topics.set(key, topic);
    topic.readers.add(reader);
    return topic.feed;
  }

  leave(reader: Reader, name: string): void {
    const key = keyOf(name, reader.caller);
    const topic = this.topics.get(key);
    if (!topic?.readers.delete(reader) || topic.readers.size > 0) return;
    if (!topic.feed.rest()) this.topics.delete(key);
    const idle = [...this.topics].filter(([, { readers }]) => readers.size === 0);
    if (idle.length > IDLE_MAX) this.topics.delete(idle[0]![0]);
  }

  /** A job has changed, is new or is no more. */
  job({ id, owner }: JobName): void {
    for (const key of [JOB + id, TILES + id, ALL_JOBS + OWN + owner, ALL_JOBS])
      this.topics.get(key)?.feed.jobTouched(id);
  }

  /** A batch has changed, is new or is no more. */
  batch({ id, owner }: BatchName): void {
    for (const key of [BATCH + id, ALL_BATCHES + OWN + owner, ALL_BATCHES])
      this.topics.get(key)?.feed.batchTouched(id);
  }

  tile(change: TileChange): void {
    const feed = this.topics.get(TILES + change.job)?.feed;
    if (feed instanceof TilesFeed) feed.tile(change);
  }

  /** A tick. @returns those who are to be told of something, or nothing if nothing has changed */
  seal(seq: number): ReadonlySet<Reader> | undefined {
    const late = new Set<Reader>();
    let changed = false;
    for (const key of this.touched) {
      const topic = this.topics.get(key);
      if (!topic?.feed.seal(seq)) continue;
      changed = true;
      for (const reader of topic.readers) late.add(reader);
    }
    this.touched.clear();
    return changed ? late : undefined;
  }

  /** Nothing is watched any more. */
  close(): void {
    for (const { feed } of this.topics.values()) feed.rest();
    this.topics.clear();
  }

  private feed(key: string, caller: Caller, seq: number): AnyFeed {
    const onTouch = () => {
      this.touched.add(key);
      this.onTouch();
    };
    const options: FeedOptions = { seq, onTouch };
    if (key === WORKERS) return new WorkersFeed(this.master, this.every, options);
    const one = oneOf(key);
    if (one !== undefined) return new OF_ONE[one.kind](this.master, one.id, options);
    const owner = key.includes(OWN) ? caller.owner : undefined;
    if (key.startsWith(ALL_STATS)) return new StatsFeed(this.master, owner, this.every, options);
    if (key.startsWith(ALL_BATCHES)) return new BatchesFeed(this.master, owner, options);
    return new JobsFeed(this.master, owner, options);
  }
}

const OF_ONE = { [JOB]: JobFeed, [TILES]: TilesFeed, [BATCH]: BatchFeed } as const;

/** Which job or which batch a topic is about, if it is about one. */
function oneOf(name: string): { readonly kind: keyof typeof OF_ONE; readonly id: string } | undefined {
  const kind = ([JOB, TILES, BATCH] as const).find((each) => name.startsWith(each));
  return kind && { kind, id: name.slice(kind.length) };
}

/** What admins read of everyone, others of themselves. */
const OWNED = new Set([ALL_JOBS, ALL_STATS, ALL_BATCHES]);

const keyOf = (name: string, caller: Caller): string =>
  OWNED.has(name) && !may(caller, "admin") ? name + OWN + caller.owner : name;
