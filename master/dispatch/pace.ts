import type { WorkerSeat } from "../workers/roster.ts";

/** The way of a task there and of its answer back, beside the work. */
const WAY_MS = 30;
/** What a worker has to have in hand, lest it waits for its next task: the way, on a busy machine. */
const AHEAD_MS = 80;
const AHEAD_MAX = 6;
/** Of a worker that has not done a tile yet, where nobody else has either. */
const UNKNOWN_TILE_MS = 20;

/**
 * How much each worker is given. A worker's pace is what its threads took for its latest tiles; one that has done none
 * yet is taken to be as quick as the others.
 */
export class Pace {
  /** @param distant whether an answer takes a while to come, so that a quick worker needs more in hand */
  constructor(private readonly distant: boolean) {}

  /** Tiles that may be out with a worker: one a thread, and what it does until the next one arrives. */
  window({ beat: { threads }, tileMs }: WorkerSeat): number {
    if (!this.distant || tileMs === undefined) return 2 * threads + 1;
    const meanwhile = Math.ceil((threads * AHEAD_MS) / Math.max(tileMs, 0.1));
    return threads + Math.min(Math.max(meanwhile, 1), AHEAD_MAX * threads);
  }

  /** Milliseconds until a worker would have done one tile more. */
  wait(seat: WorkerSeat, seats: readonly WorkerSeat[]): number {
    return ((seat.out + 1) * this.tileMs(seat, seats)) / seat.beat.threads;
  }

  /** Milliseconds until the answer to a task that is sent now. */
  answer(seat: WorkerSeat, seats: readonly WorkerSeat[]): number {
    return Math.max(this.wait(seat, seats), this.tileMs(seat, seats)) + WAY_MS;
  }

  /** The worker that would have one tile more done first, of those that have room. */
  quickest(seats: readonly WorkerSeat[], all: readonly WorkerSeat[]): WorkerSeat | undefined {
    let best: WorkerSeat | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const seat of seats) {
      if (seat.out >= this.window(seat)) continue;
      const wait = this.wait(seat, all);
      if (wait >= least) continue;
      least = wait;
      best = seat;
    }
    return best;
  }

  private tileMs(seat: WorkerSeat, seats: readonly WorkerSeat[]): number {
    if (seat.tileMs !== undefined) return seat.tileMs;
    const known = seats.flatMap(({ tileMs }) => (tileMs === undefined ? [] : [tileMs]));
    return known.length === 0 ? UNKNOWN_TILE_MS : known.reduce((sum, ms) => sum + ms, 0) / known.length;
  }
}
