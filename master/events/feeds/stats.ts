import type { Every } from "../../clock.ts";
import type { Master } from "../../master.ts";
import { statsOf } from "../../monitoring/stats.ts";
import type { FeedOptions, StateMessage } from "../feed.ts";
import { WholeFeed } from "./whole.ts";

const EVERY_MS = 1000;

/** What there is to do, of an owner or of all, and who does it how quickly; looked at every so often. */
export class StatsFeed extends WholeFeed {
  private seen: string;
  private readonly end: () => void;

  constructor(
    private readonly master: Master,
    private readonly owner: string | undefined,
    every: Every,
    options: FeedOptions,
  ) {
    super(options);
    this.seen = this.now();
    this.end = every(EVERY_MS, () => this.look());
  }

  override rest(): boolean {
    this.end();
    return false;
  }

  protected override told(seq: number, snapshot: boolean): StateMessage {
    return { type: "stats", topic: "stats", seq, snapshot, stats: statsOf(this.master, this.owner) };
  }

  private look(): void {
    const now = this.now();
    if (now !== this.seen) this.touch("stats");
    this.seen = now;
  }

  /** That time passes is no news. */
  private now(): string {
    return JSON.stringify({ ...statsOf(this.master, this.owner), uptime_seconds: 0 });
  }
}
