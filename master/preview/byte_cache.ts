/** Bytes by name, no more than so many; those that have not been asked for longest go first. */
export class ByteCache {
  private readonly held = new Map<string, Uint8Array<ArrayBuffer>>();
  private bytes = 0;

  constructor(private readonly bytesMax: number) {}

  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    const found = this.held.get(name);
    if (found === undefined) return undefined;
    this.held.delete(name);
    this.held.set(name, found);
    return found;
  }

  put(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > this.bytesMax) return;
    this.drop(name);
    this.held.set(name, bytes);
    this.bytes += bytes.length;
    for (const [oldest] of this.held) {
      if (this.bytes <= this.bytesMax) return;
      this.drop(oldest);
    }
  }

  private drop(name: string): void {
    this.bytes -= this.held.get(name)?.length ?? 0;
    this.held.delete(name);
  }
}
