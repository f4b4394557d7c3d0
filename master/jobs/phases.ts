import type { Phases } from "./job.ts";

/** When each phase of a job began and how long it took, by one clock; phases overlap. */
export class PhaseClock {
  private readonly begun = new Map<string, number>();
  private readonly ended = new Map<string, number>();

  constructor(private readonly now: () => number) {}

  start(phase: string): void {
    this.begun.set(phase, this.now());
  }

  end(phase: string): void {
    if (this.begun.has(phase)) this.ended.set(phase, this.now());
  }

  /** Those that have not ended too. */
  soFar(): Phases {
    return this.taken(this.begun.keys());
  }

  all(): Phases {
    return this.taken(this.ended.keys());
  }

  private taken(phases: Iterable<string>): Phases {
    const span = (phase: string) => {
      const beganMs = this.begun.get(phase)!;
      return { beganMs, ms: (this.ended.get(phase) ?? this.now()) - beganMs };
    };
    return Object.fromEntries([...phases].map((phase) => [phase, span(phase)]));
  }
}
