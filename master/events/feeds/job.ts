import type { Master } from "../../master.ts";
import type { FeedOptions, StateMessage } from "../feed.ts";
import { WholeFeed } from "./whole.ts";

/** One job. */
export class JobFeed extends WholeFeed {
  constructor(
    private readonly master: Master,
    private readonly id: string,
    options: FeedOptions,
  ) {
    super(options);
  }

  override jobTouched(id: string): void {
    this.touch(id);
  }

  protected override told(seq: number, snapshot: boolean): StateMessage {
    const topic = `job:${this.id}`;
    const job = this.master.job(this.id);
    return job === undefined ? { type: "gone", topic } : { type: "job", topic, seq, snapshot, job };
  }
}
