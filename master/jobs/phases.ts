/** How long each phase of a job took, in milliseconds of wall time; phases overlap. */
export class PhaseClock {
  private readonly begun = new Map<string, number>();
  private readonly taken = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  start(phase: string): void {
    this.begun.set(phase, this.now());
  }

  end(phase: string): void {
    const begun = this.begun.get(phase);
    if (begun !== undefined) this.taken.set(phase, this.now() - begun);
  }

  /** Those that have not ended too. */
  soFar(): Record<string, number> {
    const begun = [...this.begun].map(([phase, ms]) => [phase, this.now() - ms] as const);
    return { ...Object.fromEntries(begun), ...this.all() };
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.taken);
  }
}
