import type { Every } from "../../clock.ts";
import type { Master } from "../../master.ts";
import type { WorkerView } from "../../workers/roster.ts";
import { Feed, type FeedOptions, type StateMessage } from "../feed.ts";
import { sorted } from "./sorted.ts";

const REMEMBERED_MAX = 1000;
/** Workers say this often how they are. */
const EVERY_MS = 500;

/** Who works; looked at as often as they say how they are. */
export class WorkersFeed extends Feed<string> {
  private seen: ReadonlyMap<string, string>;
  private readonly end: () => void;

  constructor(
    private readonly master: Master,
    every: Every,
    options: FeedOptions,
  ) {
    super(options, REMEMBERED_MAX);
    this.seen = this.now();
    this.end = every(EVERY_MS, () => this.look());
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
