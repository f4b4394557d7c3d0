import type { StageRun } from "./stage_run.ts";

interface Place {
  readonly run: StageRun;
  /** How far it has come in its own time, which a heavy run counts slower. */
  time: number;
}

/**
 * Whose turn it is (stride scheduling): each tile moves its run's own time on by one over its weight, and the run that
 * is furthest behind is next. So jobs share the workers by their weights, whatever their sizes.
 */
export class Turns {
  private readonly places: Place[] = [];

  /** A new run begins where the hindmost stands: it has nothing to catch up. */
  add(run: StageRun): void {
    const time = Math.min(...this.places.map((place) => place.time));
    this.places.push({ run, time: Number.isFinite(time) ? time : 0 });
  }

  remove(run: StageRun): void {
    const at = this.places.findIndex((place) => place.run === run);
    if (at >= 0) this.places.splice(at, 1);
  }

  /** The first thing that a run gives of those that are meant, asked in order of their turns; nothing if none has any. */
  next<T>(ask: (run: StageRun) => T | undefined, meant = (_: StageRun) => true): T | undefined {
    const passedOver: Place[] = [];
    const asked = this.places.filter(({ run }) => meant(run));
    for (const place of asked.sort((a, b) => a.time - b.time)) {
      const given = ask(place.run);
      if (given === undefined) {
        passedOver.push(place);
        continue;
      }
      // Who had nothing to give saves no turns up for later.
      for (const other of passedOver) other.time = Math.max(other.time, place.time);
      place.time += 1 / place.run.needs.weight();
      return given;
    }
    return undefined;
  }

  runs(): StageRun[] {
    return this.places.map(({ run }) => run);
  }
}
