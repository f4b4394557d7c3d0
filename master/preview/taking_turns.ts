import { TesseraError } from "../../shared/errors.ts";

/** Lets so many things happen at a time, and so many wait for it, in order. */
export class TakingTurns {
  private busy = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnceMax: number,
    private readonly waitingMax: number,
  ) {}

  /** @throws queue_full, and what `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.busy < this.atOnceMax) this.busy++;
    else if (this.waiting.length >= this.waitingMax) throw new TesseraError("queue_full");
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.busy--;
      else next(); // it takes this one's place
    }
  }
}
