import type { Master } from "../../master.ts";
import { Feed, type FeedOptions, type StateMessage } from "../feed.ts";
import { sorted } from "./sorted.ts";

/** Batches that a snapshot has. */
const BATCHES_SHOWN = 20;
/** Beyond it the whole is told, which is less. */
const REMEMBERED_MAX = 2 * BATCHES_SHOWN;

/** All batches of an owner, or everyone's. */
export class BatchesFeed extends Feed<string> {
  constructor(
    private readonly master: Master,
    private readonly owner: string | undefined,
    options: FeedOptions,
  ) {
    super(options, REMEMBERED_MAX);
  }

  override batchTouched(id: string): void {
    this.touch(id);
  }

  protected override snapshot(seq: number): StateMessage {
    const known = this.master.batches;
    const page = known.page(this.owner, BATCHES_SHOWN);
    const batches = page.batches.map((batch) => known.view(batch));
    return { type: "batches", topic: "batches", seq, snapshot: true, batches, gone: [] };
  }

  protected override delta(ids: ReadonlySet<string>, seq: number): StateMessage {
    const { found: batches, gone } = sorted(ids, (id) => this.master.batches.find(id));
    return { type: "batches", topic: "batches", seq, snapshot: false, batches, gone };
  }
}
