/** What has changed, and in which of the hub's ticks last; what has not changed for longest is forgotten first. */
export class Changes<K> {
  /** The oldest changes first. */
  private readonly ticks = new Map<K, number>();
  private latest: number;

  /**
   * @param knownSince what changed up to it is not known
   * @param keysMax bound on what is remembered
   */
  constructor(
    private knownSince: number,
    private readonly keysMax: number,
  ) {
    this.latest = knownSince;
  }

  add(seq: number, keys: ReadonlySet<K>): void {
    this.latest = seq;
    for (const key of keys) {
      this.ticks.delete(key);
      this.ticks.set(key, seq);
    }
    for (const [key, tick] of this.ticks) {
      if (this.ticks.size <= this.keysMax) break;
      this.ticks.delete(key);
      this.knownSince = tick;
    }
  }

  /** What was known up to `seq` says nothing any more. */
  forget(seq: number): void {
    this.ticks.clear();
    this.knownSince = seq;
    this.latest = seq;
  }

  /** The latest tick in which something changed. */
  get last(): number {
    return this.latest;
  }

  /** Whether all is known that has changed after `seq`. */
  isKnown(seq: number): boolean {
    return seq >= this.knownSince;
  }

  /** What has changed after `seq`. */
  after(seq: number): Set<K> {
    const keys = new Set<K>();
    for (const [key, tick] of this.ticks) if (tick > seq) keys.add(key);
    return keys;
  }
}
