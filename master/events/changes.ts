/** What has changed in which of the hub's ticks; the oldest is forgotten. */
export class Changes<K> {
  private ticks: { readonly seq: number; readonly keys: ReadonlySet<K> }[] = [];
  private size = 0;

  /**
   * @param knownSince what changed up to it is not known
   * @param keysMax bound on what is remembered
   */
  constructor(
    private knownSince: number,
    private readonly keysMax: number,
  ) {}

  add(seq: number, keys: ReadonlySet<K>): void {
    this.ticks.push({ seq, keys });
    this.size += keys.size;
    while (this.size > this.keysMax) {
      const oldest = this.ticks.shift()!;
      this.size -= oldest.keys.size;
      this.knownSince = oldest.seq;
    }
  }

  /** What was known up to `seq` says nothing any more. */
  forget(seq: number): void {
    this.ticks = [];
    this.size = 0;
    this.knownSince = seq;
  }

  /** The latest tick in which something changed, as far as it is known. */
  get last(): number {
    return this.ticks.at(-1)?.seq ?? this.knownSince;
  }

  /** The latest of our ticks that a reader knows who has been told up to `seq`; undefined if too much has happened since. */
  floor(seq: number): number | undefined {
    if (seq < this.knownSince) return undefined;
    return this.ticks.findLast((tick) => tick.seq <= seq)?.seq ?? this.knownSince;
  }

  /** What has changed after `seq`. */
  after(seq: number): Set<K> {
    const keys = new Set<K>();
    for (const tick of this.ticks) if (tick.seq > seq) for (const key of tick.keys) keys.add(key);
    return keys;
  }
}
