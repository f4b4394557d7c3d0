import type { Master } from "../../master.ts";
import type { FeedOptions, StateMessage } from "../feed.ts";
import { WholeFeed } from "./whole.ts";

/** One batch. What its jobs come to is summed as they change, so that to tell it costs the same however many there are. */
export class BatchFeed extends WholeFeed {
  constructor(
    private readonly master: Master,
    private readonly id: string,
    options: FeedOptions,
  ) {
    super(options);
  }

  override batchTouched(id: string): void {
    this.touch(id);
  }

  protected override told(seq: number, snapshot: boolean): StateMessage {
    const topic = `batch:${this.id}`;
    const batch = this.master.batches.find(this.id);
    return batch === undefined ? { type: "gone", topic } : { type: "batch", topic, seq, snapshot, batch };
  }
}
