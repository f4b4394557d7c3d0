/** What can be watched. */
import type { Every } from "../clock.ts";
import type { TileChange, TileMap } from "../jobs/tile_map.ts";
import type { Master } from "../master.ts";
import type { WorkerView } from "../workers/roster.ts";
import { Feed, type FeedOptions, type StateMessage } from "./feed.ts";

/** Jobs that a snapshot has. */
const JOBS_SHOWN = 100;
const JOBS_REMEMBERED_MAX = 1000;
const WORKERS_REMEMBERED_MAX = 1000;
/** Workers say this often how they are. */
const WORKERS_EVERY_MS = 500;

export class JobFeed extends Feed<string> {
  constructor(
    private readonly master: Master,
    private readonly id: string,
    options: FeedOptions,
  ) {
    super(options, 1);
  }

  override jobTouched(id: string): void {
    this.touch(id);
  }

  protected override snapshot(seq: number): StateMessage {
    return this.told(seq, true);
  }

  protected override delta(_: ReadonlySet<string>, seq: number): StateMessage {
    return this.told(seq, false);
  }

  private told(seq: number, snapshot: boolean): StateMessage {
    const topic = `job:${this.id}`;
    const job = this.master.job(this.id);
    return job === undefined ? { type: "gone", topic } : { type: "job", topic, seq, snapshot, job };
  }
}

/** Tiles of a snapshot that are told at a time. */
const PART_TILES = 16_384;
const TILES_REMEMBERED_MAX = 20_000;
/** More tiles than a stage can have. */
const STAGE = 2 ** 20;

/** Where every tile of a job stands. */
export class TilesFeed extends Feed<number> {
  /** As it was last told; that of a run of the job, or of one that is not under way as the store has it. */
  private map: TileMap | undefined;

  constructor(
    private readonly master: Master,
    private readonly id: string,
    options: FeedOptions,
  ) {
    super(options, TILES_REMEMBERED_MAX);
  }

  tile({ stage, tile }: TileChange): void {
    this.touch(stage * STAGE + tile);
  }

  /** With a run of the job its map has begun or ended; of what happens to it without a run, no tile tells. */
  override jobTouched(): void {
    if (this.map !== undefined && this.map === this.master.tileMapUnderWay(this.id)) return;
    this.map = undefined;
    this.anew();
  }

  override rest(): boolean {
    this.map = undefined;
    return true;
  }

  protected override snapshot(seq: number, part: number): StateMessage {
    if (this.master.job(this.id) === undefined) return { type: "gone", topic: this.topic };
    this.map ??= this.master.tileMap(this.id);
    const [start, end] = [part * PART_TILES, (part + 1) * PART_TILES];
    const stages = part === 0 ? this.map.grids() : [];
    const tiles = this.map.tried(start, end);
    return { ...this.named(seq), snapshot: true, part, more: end < this.map.size, stages, tiles };
  }

  protected override delta(keys: ReadonlySet<number>, seq: number): StateMessage {
    if (this.master.job(this.id) === undefined) return { type: "gone", topic: this.topic };
    const map = this.map ?? this.master.tileMap(this.id);
    this.map = map;
    const tiles = [...keys].map((key) => map.tile(Math.floor(key / STAGE), key % STAGE));
    return { ...this.named(seq), snapshot: false, part: 0, more: false, stages: [], tiles };
  }

  private named(seq: number) {
    return { type: "tiles", topic: this.topic, seq } as const;
  }

  private get topic(): string {
    return `tiles:${this.id}`;
  }
}

/** All jobs of an owner, or everyone's. */
export class JobsFeed extends Feed<string> {
  constructor(
    private readonly master: Master,
    private readonly owner: string | undefined,
    options: FeedOptions,
  ) {
    super(options, JOBS_REMEMBERED_MAX);
  }

  override jobTouched(id: string): void {
    this.touch(id);
  }

  protected override snapshot(seq: number): StateMessage {
    const jobs = this.master.jobs(JOBS_SHOWN, this.owner);
    return { type: "jobs", topic: "jobs", seq, snapshot: true, jobs, gone: [] };
  }

  protected override delta(ids: ReadonlySet<string>, seq: number): StateMessage {
    const { found: jobs, gone } = sorted(ids, (id) => this.master.job(id));
    return { type: "jobs", topic: "jobs", seq, snapshot: false, jobs, gone };
  }
}

/** Who works; looked at as often as they say how they are. */
export class WorkersFeed extends Feed<string> {
  private seen: ReadonlyMap<string, string>;
  private readonly end: () => void;

  constructor(
    private readonly master: Master,
    every: Every,
    options: FeedOptions,
  ) {
    super(options, WORKERS_REMEMBERED_MAX);
    this.seen = this.now();
    this.end = every(WORKERS_EVERY_MS, () => this.look());
  }

  override rest(): boolean {
    this.end();
    return false;
  }

  protected override snapshot(seq: number): StateMessage {
    const workers = this.master.workers();
    return { type: "workers", topic: "workers", seq, snapshot: true, workers, gone: [] };
  }

  protected override delta(ids: ReadonlySet<string>, seq: number): StateMessage {
    const all = new Map(this.master.workers().map((worker) => [worker.id, worker]));
    const { found: workers, gone } = sorted(ids, (id) => all.get(id));
    return { type: "workers", topic: "workers", seq, snapshot: false, workers, gone };
  }

  private look(): void {
    const now = this.now();
    for (const [id, text] of now) if (this.seen.get(id) !== text) this.touch(id);
    for (const id of this.seen.keys()) if (!now.has(id)) this.touch(id);
    this.seen = now;
  }

  private now(): Map<string, string> {
    return new Map(this.master.workers().map((worker) => [worker.id, shown(worker)]));
  }
}

/** That time passes is no news. */
const shown = (worker: WorkerView): string => JSON.stringify({ ...worker, heard_ms_ago: 0 });

function sorted<T>(ids: ReadonlySet<string>, find: (id: string) => T | undefined) {
  const found: T[] = [];
  const gone: string[] = [];
  for (const id of ids) {
    const each = find(id);
    if (each === undefined) gone.push(id);
    else found.push(each);
  }
  return { found, gone };
}
