import type { Master } from "../../master.ts";
import { Feed, type FeedOptions, type StateMessage } from "../feed.ts";

/** One job. */
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
