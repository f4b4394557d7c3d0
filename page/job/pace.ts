/** Tiles done each second by each worker, of the last minutes: a bounded window, however long one looks on. */

/** Seconds that are kept, and that are shown at least. */
const WINDOW_S = 180;
const SHOWN_MIN_S = 30;

export interface PaceLine {
  readonly worker: string;
  /** Tiles in each second, the oldest first; nothing before anything was known. */
  readonly values: readonly (number | null)[];
}

export class Pace {
  private readonly seconds = new Map<number, Map<string, number>>();

  /** @param nowMs since 1970 */
  done(worker: string, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const counts = this.seconds.get(second) ?? new Map<string, number>();
    counts.set(worker, (counts.get(worker) ?? 0) + 1);
    this.seconds.set(second, counts);
  }

  /** All whole seconds since the first tile that is kept; nothing where none is. */
  lines(nowMs: number): { readonly times: readonly number[]; readonly lines: readonly PaceLine[] } {
    const end = Math.floor(nowMs / 1000);
    for (const second of this.seconds.keys()) if (second < end - WINDOW_S) this.seconds.delete(second);
    if (this.seconds.size === 0) return { times: [], lines: [] };
    const first = Math.min(...this.seconds.keys());
    const start = Math.min(end - SHOWN_MIN_S, first);
    const times = Array.from({ length: end - start }, (_, i) => start + i);
    const workers = new Set([...this.seconds.values()].flatMap((counts) => [...counts.keys()]));
    const lines = [...workers].map((worker) => ({
      worker,
      values: times.map((second) => (second < first ? null : (this.seconds.get(second)?.get(worker) ?? 0))),
    }));
    return { times, lines };
  }
}
