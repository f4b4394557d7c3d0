import { type Caller, may } from "../access/caller.ts";
import { ownJob } from "../access/own.ts";
import type { Every } from "../clock.ts";
import type { TileChange } from "../jobs/tile_map.ts";
import type { JobName } from "../jobs/watchers.ts";
import type { Master } from "../master.ts";
import type { AnyFeed, FeedOptions } from "./feed.ts";
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
/** Behind a name, with the owner: those of one owner only. */
const OWN = "@";
const JOB = "job:";
const TILES = "tiles:";

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

  /** @param seq the number of the last change @throws job_not_found */
  join(reader: Reader, name: string, seq: number): AnyFeed {
    const { caller } = reader;
    const job = jobOf(name);
    if (job !== undefined) ownJob(this.master, caller, job);
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
    const job = jobOf(key);
    if (job !== undefined)
      return new (key.startsWith(TILES) ? TilesFeed : JobFeed)(this.master, job, options);
    const owner = key.includes(OWN) ? caller.owner : undefined;
    if (key.startsWith(ALL_STATS)) return new StatsFeed(this.master, owner, this.every, options);
    return new JobsFeed(this.master, owner, options);
  }
}

const jobOf = (name: string): string | undefined =>
  [JOB, TILES].find((kind) => name.startsWith(kind)) && name.slice(name.indexOf(":") + 1);

const keyOf = (name: string, caller: Caller): string =>
  (name === ALL_JOBS || name === ALL_STATS) && !may(caller, "admin") ? name + OWN + caller.owner : name;
