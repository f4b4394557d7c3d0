/** Has `work` done every so often. Returns how to end it. */
export type Every = (ms: number, work: () => void) => () => void;

export const everyBySystem: Every = (ms, work) => {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
};

/**
 * Time as far as this process was awake for it. While it stood still (its machine asleep, its event loop held up) it
 * heard nobody and sent nothing, so that time counts against nobody: not against a worker's heartbeat, nor against a
 * tile that is out. It never goes back, whatever the system's clock does.
 */
export class AwakeClock {
  private awakeMs = 0;
  private lookedMs: number;

  /** @param gapMaxMs between two looks; what is beyond it was a standstill */
  constructor(
    private readonly system: () => number,
    private readonly gapMaxMs: number,
  ) {
    this.lookedMs = system();
  }

  /** To be called every so often, well within `gapMaxMs`. */
  look(): void {
    this.awakeMs = this.now();
    this.lookedMs = this.system();
  }

  /** Milliseconds since it was made. */
  now(): number {
    return this.awakeMs + Math.min(Math.max(this.system() - this.lookedMs, 0), this.gapMaxMs);
  }
}
