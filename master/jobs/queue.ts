interface Waiting {
  readonly id: string;
  readonly large: boolean;
  /** Counts those that came. */
  readonly number: number;
  priority: number;
}

/** Jobs that wait to begin: the highest priority first, and among equals those that came first. */
export class JobQueue {
  private waiting: Waiting[] = [];
  private came = 0;

  add(id: string, priority: number, large: boolean): void {
    this.waiting.push({ id, priority, large, number: this.came++ });
    this.order();
  }

  remove(id: string): void {
    this.waiting = this.waiting.filter((each) => each.id !== id);
  }

  setPriority(id: string, priority: number): void {
    for (const each of this.waiting) if (each.id === id) each.priority = priority;
    this.order();
  }

  /** Takes the next job out; a large one only if `largeToo`. */
  take(largeToo: boolean): string | undefined {
    const at = this.waiting.findIndex(({ large }) => largeToo || !large);
    return at < 0 ? undefined : this.waiting.splice(at, 1)[0]!.id;
  }

  private order(): void {
    this.waiting.sort((a, b) => b.priority - a.priority || a.number - b.number);
  }
}
