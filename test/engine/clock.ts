import type { Every } from "../../master/clock.ts";

interface Timer {
  readonly ms: number;
  readonly work: () => void;
  dueMs: number;
}

/** Time that passes when a test says so, and the timers that go by it. */
export class TestClock {
  private nowMs = 1_000_000;
  private readonly timers = new Set<Timer>();

  readonly now = (): number => this.nowMs;

  readonly every: Every = (ms, work) => {
    const timer = { ms, work, dueMs: this.nowMs + ms };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  };

  /** Time passes, and everything is done when it is due. */
  pass(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const next = [...this.timers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > end) break;
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.dueMs = this.nowMs + next.ms;
      next.work();
    }
    this.nowMs = end;
  }

  /** Time passes and nothing is done meanwhile: what was due is done late, once. */
  leap(ms: number): void {
    this.leapUnseen(ms);
    this.pass(0);
  }

  /** The same, and what was due is still to be done. */
  leapUnseen(ms: number): void {
    this.nowMs += ms;
    // A timer goes by the time that has passed, not by what the system's clock is set to.
    if (ms < 0) for (const timer of this.timers) timer.dueMs += ms;
  }
}
