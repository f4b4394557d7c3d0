interface Waiting {
  readonly id: string;
  /** Counts those that came. */
  readonly number: number;
  readonly owner: string;
  readonly batch: string;
  readonly size: JobSize;
  priority: number;
}

/** By the pixels of its image. */
export type JobSize = "small" | "medium" | "large";

const MEDIUM_PIXELS = 4_000_000;
const LARGE_PIXELS = 64_000_000;

export function sizeOf(image: { readonly width: number; readonly height: number }): JobSize {
  const pixels = image.width * image.height;
  return pixels > LARGE_PIXELS ? "large" : pixels > MEDIUM_PIXELS ? "medium" : "small";
}

/** A line longer than this gives every other place to whoever came last. */
const LONG_LINE = 32;

/** Equal jobs of one owner, those that came first in front. */
class Line {
  readonly waiting: Waiting[] = [];
  private served = 0;

  take(): Waiting {
    const newest = this.waiting.length > LONG_LINE && this.served++ % 2 === 1;
    return newest ? this.waiting.pop()! : this.waiting.shift()!;
  }
}

/**
 * Jobs that wait to begin. Owners take turns. Of one owner the highest priority is first; of that, each batch (what is
 * in none counts as one) and each size of images has a line of its own, and the lines take turns too. In a line the
 * first come is the first served, but in a long one every other place goes to the last come. So nobody waits for
 * another's thousand jobs, a small image not for large ones, and every job's turn comes.
 */
export class JobQueue {
  /** By owner, then by priority, then by batch and size. Who was served last is at the end. */
  private readonly owners = new Map<string, Map<number, Map<string, Line>>>();
  private readonly byId = new Map<string, Waiting>();
  private came = 0;

  get size(): number {
    return this.byId.size;
  }

  add(
    id: string,
    {
      priority,
      owner,
      batch = "",
      size,
    }: Omit<Waiting, "id" | "number" | "batch"> & { batch?: string | undefined },
  ): void {
    this.insert({ id, priority, owner, batch, size, number: this.came++ });
  }

  remove(id: string): void {
    const waiting = this.byId.get(id);
    if (waiting === undefined) return;
    const line = this.lineOf(waiting);
    line.waiting.splice(line.waiting.indexOf(waiting), 1);
    this.taken(waiting, line);
  }

  setPriority(id: string, priority: number): void {
    const waiting = this.byId.get(id);
    if (waiting === undefined || waiting.priority === priority) return;
    this.remove(id);
    this.insert({ ...waiting, priority });
  }

  /** Takes the next job out, of those whose size there is room for. */
  take(hasRoom: (size: JobSize) => boolean): string | undefined {
    for (const [owner, priorities] of this.owners)
      for (const priority of [...priorities.keys()].sort((a, b) => b - a))
        for (const [name, line] of priorities.get(priority)!) {
          if (!hasRoom(line.waiting[0]!.size)) continue;
          const waiting = line.take();
          toTheEnd(this.owners, owner);
          toTheEnd(priorities.get(priority)!, name);
          this.taken(waiting, line);
          return waiting.id;
        }
    return undefined;
  }

  /** In its line by when it came, so that a priority that is changed back changes nothing. */
  private insert(waiting: Waiting): void {
    const line = this.lineOf(waiting).waiting;
    let at = line.length;
    while (at > 0 && line[at - 1]!.number > waiting.number) at--;
    line.splice(at, 0, waiting);
    this.byId.set(waiting.id, waiting);
  }

  private lineOf({ owner, priority, batch, size }: Waiting): Line {
    const priorities = existing(this.owners, owner, () => new Map<number, Map<string, Line>>());
    const lines = existing(priorities, priority, () => new Map<string, Line>());
    return existing(lines, `${size} ${batch}`, () => new Line());
  }

  /** What is empty is forgotten; who comes again stands at the end, so nobody gains by it. */
  private taken({ id, owner, priority, batch, size }: Waiting, line: Line): void {
    this.byId.delete(id);
    if (line.waiting.length > 0) return;
    const priorities = this.owners.get(owner)!;
    const lines = priorities.get(priority)!;
    lines.delete(`${size} ${batch}`);
    if (lines.size === 0) priorities.delete(priority);
    if (priorities.size === 0) this.owners.delete(owner);
  }
}

function existing<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

/** A map keeps the order in which its keys were put in. */
function toTheEnd<K, V>(map: Map<K, V>, key: K): void {
  const value = map.get(key)!;
  map.delete(key);
  map.set(key, value);
}
