import type { BatchView } from "../../shared/api/batch.ts";
import type { ServerMessage, Since } from "../../shared/api/events.ts";
import type { JobView } from "../../shared/api/job.ts";
import type { TileView } from "../../shared/api/tiles.ts";

/** What a client makes of all that it is told: the state of each topic, as far as it knows, and where it is. */
export class Told {
  readonly jobs = new Map<string, JobView>();
  readonly job = new Map<string, JobView>();
  readonly tiles = new Map<string, Map<string, TileView>>();
  readonly batch = new Map<string, BatchView>();
  readonly batches = new Map<string, BatchView>();
  readonly gone = new Set<string>();
  private epoch = "";
  private readonly seqs = new Map<string, number>();

  /** To be said at a reconnect. */
  since(topic: string): Since | undefined {
    const seq = this.seqs.get(topic);
    return seq === undefined ? undefined : { epoch: this.epoch, seq };
  }

  hear(message: ServerMessage): void {
    if (message.type === "hello") this.greet(message.epoch);
    if (message.type === "gone") this.gone.add(message.topic);
    if (message.type === "job") this.job.set(message.topic, message.job);
    if (message.type === "jobs") {
      if (message.snapshot) this.jobs.clear();
      for (const job of message.jobs) this.jobs.set(job.id, job);
      for (const id of message.gone) this.jobs.delete(id);
    }
    if (message.type === "batch") this.batch.set(message.topic, message.batch);
    if (message.type === "batches") {
      if (message.snapshot) this.batches.clear();
      for (const batch of message.batches) this.batches.set(batch.id, batch);
      for (const id of message.gone) this.batches.delete(id);
    }
    if (message.type === "tiles") {
      const begun = message.snapshot && message.part === 0;
      const tiles = begun ? new Map<string, TileView>() : this.tiles.get(message.topic)!;
      for (const tile of message.tiles) tiles.set(`${tile.stage}/${tile.tile}`, tile);
      this.tiles.set(message.topic, tiles);
    }
    if ("seq" in message && !("more" in message && message.more)) this.seqs.set(message.topic, message.seq);
  }

  private greet(epoch: string): void {
    if (epoch !== this.epoch) this.seqs.clear();
    this.epoch = epoch;
  }
}
