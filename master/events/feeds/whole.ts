import { Feed, type FeedOptions, type StateMessage } from "../feed.ts";

/** Of something so small that each change tells the whole of it. */
export abstract class WholeFeed extends Feed<string> {
  constructor(options: FeedOptions) {
    super(options, 1);
  }

  protected override snapshot(seq: number): StateMessage {
    return this.told(seq, true);
  }

  protected override delta(_: ReadonlySet<string>, seq: number): StateMessage {
    return this.told(seq, false);
  }

  protected abstract told(seq: number, snapshot: boolean): StateMessage;
}
