import type { Master } from "../../master.ts";
import { Feed, type FeedOptions, type StateMessage } from "../feed.ts";

/** One batch. What its jobs come to is summed as they change, so that to tell it costs the same however many there are. */
export class BatchFeed extends Feed<string> {
  constructor(
    private readonly master: Master,
    private readonly id: string,
    options: FeedOptions,
  ) {
    super(options, 1);
  }

  override batchTouched(id: string): void {
    this.touch(id);
  }

  protected override snapshot(seq: number): StateMessage {
    return this.told(seq, true);
  }

  protected override delta(_: ReadonlySet<string>, seq: number): StateMessage {
    return this.told(seq, false);
  }

  private told(seq: number, snapshot: boolean): StateMessage {
    const topic = `batch:${this.id}`;
    const batch = this.master.batches.find(this.id);
    return batch === undefined ? { type: "gone", topic } : { type: "batch", topic, seq, snapshot, batch };
  }
}
