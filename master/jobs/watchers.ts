import { hasEnded, type JobView } from "./job.ts";
import type { TileChange } from "./tile_map.ts";

export type JobName = Pick<JobView, "id" | "owner" | "batch">;
export type BatchName = Pick<JobName, "id" | "owner">;

/** Whoever wants to hear of jobs: of every change, of every tile, or of ends. */
export class JobWatchers {
  private readonly listeners = new Set<(job: JobView) => void>();
  private readonly touched = new Set<(job: JobName) => void>();
  private readonly touchedBatches = new Set<(batch: BatchName) => void>();
  private readonly ended = new Set<() => void>();
  private readonly ofTiles = new Set<(change: TileChange) => void>();
  private readonly waiting = new Map<string, ((job: JobView) => void)[]>();

  /** Whether anybody hears of every change. */
  get any(): boolean {
    return this.listeners.size > 0;
  }

  /** Returns how to end it. */
  add(listener: (job: JobView) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** For those who look at the job themselves, when they want to know more. Returns how to end it. */
  addTouched(listener: (job: JobName) => void): () => void {
    this.touched.add(listener);
    return () => this.touched.delete(listener);
  }

  /** For those who look at the batch themselves. Returns how to end it. */
  addTouchedBatch(listener: (batch: BatchName) => void): () => void {
    this.touchedBatches.add(listener);
    return () => this.touchedBatches.delete(listener);
  }

  /** For those who hear of every tile. Returns how to end it. */
  addTile(listener: (change: TileChange) => void): () => void {
    this.ofTiles.add(listener);
    return () => this.ofTiles.delete(listener);
  }

  /** For those who want to know when any job has ended. Returns how to end it. */
  addEnded(listener: () => void): () => void {
    this.ended.add(listener);
    return () => this.ended.delete(listener);
  }

  tile(change: TileChange): void {
    for (const listener of this.ofTiles) listener(change);
  }

  /** Resolves when the job has ended, which it has not yet. */
  end(id: string): Promise<JobView> {
    return new Promise((resolve) => {
      const waiting = this.waiting.get(id);
      if (waiting === undefined) this.waiting.set(id, [resolve]);
      else waiting.push(resolve);
    });
  }

  touch(job: JobName): void {
    for (const listener of this.touched) listener(job);
    if (job.batch !== undefined) this.touchBatch({ id: job.batch, owner: job.owner });
  }

  touchBatch(batch: BatchName): void {
    for (const listener of this.touchedBatches) listener(batch);
  }

  tell(view: JobView): void {
    this.touch(view);
    for (const listener of this.listeners) listener(view);
    if (!hasEnded(view.state)) return;
    for (const resolve of this.waiting.get(view.id) ?? []) resolve(view);
    this.waiting.delete(view.id);
    for (const listener of this.ended) listener();
  }
}
