// Coarse, so that bands of nearly the same size share their memory.
const GRAIN = 1 << 18;

/**
 * Memory that threads share, handed out and taken back, so that a long job neither pays for fresh pages a tile nor
 * waits for a collector. Holds back at most `idleBytesMax` that nobody uses.
 */
export class BufferPool {
  private readonly idle = new Map<number, SharedArrayBuffer[]>();
  private idleBytes = 0;

  constructor(private readonly idleBytesMax = 32 << 20) {}

  /** At least `bytes` bytes with any contents. */
  take(bytes: number): SharedArrayBuffer {
    const size = Math.max(1, Math.ceil(bytes / GRAIN)) * GRAIN;
    const found = this.idle.get(size)?.pop();
    if (found === undefined) return new SharedArrayBuffer(size);
    this.idleBytes -= size;
    return found;
  }

  /** Gives back what `take` gave; nobody may use it from here on. */
  give(buffer: SharedArrayBuffer): void {
    const size = buffer.byteLength;
    if (this.idleBytes + size > this.idleBytesMax) return;
    const list = this.idle.get(size);
    if (list === undefined) this.idle.set(size, [buffer]);
    else list.push(buffer);
    this.idleBytes += size;
  }

  /** Lets go of everything that is idle. */
  clear(): void {
    this.idle.clear();
    this.idleBytes = 0;
  }
}
