/** Lets as much be held in memory at a time as fits into `bytesMax`, and what is larger alone; in the order of asking. */
export class ByteTurns {
  private held = 0;
  private readonly waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(private readonly bytesMax: number) {}

  /** Does `work` once there is room for so many bytes. @throws what `work` throws */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.waiting.push({ bytes, begin });
      this.next();
    });
    try {
      return await work();
    } finally {
      this.held -= bytes;
      this.next();
    }
  }

  private next(): void {
    for (
      let first = this.waiting[0];
      first !== undefined && this.fits(first.bytes);
      first = this.waiting[0]
    ) {
      this.waiting.shift();
      this.held += first.bytes;
      first.begin();
    }
  }

  private fits(bytes: number): boolean {
    return this.held === 0 || this.held + bytes <= this.bytesMax;
  }
}
