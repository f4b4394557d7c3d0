/** How far a partition's messages are done without a gap: only that much may be committed. */
export class Watermark {
  /** Taken and not below the mark, in order. */
  private readonly out: bigint[] = [];
  private readonly done = new Set<bigint>();
  private committed: bigint;

  /** @param next the offset that is wanted next */
  constructor(private nextOffset: bigint) {
    this.committed = nextOffset;
  }

  get next(): bigint {
    return this.nextOffset;
  }

  /** Whether the message is new here; one that was fetched before is not. */
  take(offset: bigint): boolean {
    if (offset < this.nextOffset) return false;
    this.nextOffset = offset + 1n;
    this.out.push(offset);
    return true;
  }

  finish(offset: bigint): void {
    this.done.add(offset);
    while (this.out.length > 0 && this.done.delete(this.out[0]!)) this.out.shift();
  }

  /** The offset to commit (the first one not done), unless it is committed already. */
  uncommitted(): bigint | undefined {
    const mark = this.out[0] ?? this.nextOffset;
    return mark > this.committed ? mark : undefined;
  }

  commit(mark: bigint): void {
    if (mark > this.committed) this.committed = mark;
  }
}
