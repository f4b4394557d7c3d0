import { hasEnded, type JobView } from "./job.ts";

/** Whoever wants to hear of jobs: of every change, or of one job's end. */
export class JobWatchers {
  private readonly listeners = new Set<(job: JobView) => void>();
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

  /** Resolves when the job has ended, which it has not yet. */
  end(id: string): Promise<JobView> {
    return new Promise((resolve) => {
      const waiting = this.waiting.get(id);
      if (waiting === undefined) this.waiting.set(id, [resolve]);
      else waiting.push(resolve);
    });
  }

  tell(view: JobView): void {
    for (const listener of this.listeners) listener(view);
    if (!hasEnded(view.state)) return;
    for (const resolve of this.waiting.get(view.id) ?? []) resolve(view);
    this.waiting.delete(view.id);
  }
}
