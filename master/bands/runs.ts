import type { StagePlan } from "../plan/plan.ts";
import type { TriedTile } from "../store/store.ts";

export interface BandRuns {
  /**
   * Tiles whose attempt ended with the process: one of them may have taken it down, so each goes alone, in a band of
   * its own and with nothing else at work, and only the guilty one uses up its attempts.
   */
  readonly suspects: readonly number[];
  /** The other tiles still to do: runs of neighbours in one tile row, in raster order. */
  readonly runs: readonly (readonly number[])[];
}

/** What is left to do of a stage. */
export function bandRuns(stage: StagePlan, tried: readonly TriedTile[]): BandRuns {
  const done = new Set(tried.filter((tile) => tile.done).map(({ tile }) => tile));
  // Those with the fewest attempts first: kills from outside, again and again, then meet another tile each time.
  const suspects = tried
    .filter(({ done, attempts }) => !done && attempts > 0)
    .sort((a, b) => a.attempts - b.attempts)
    .map(({ tile }) => tile);
  const aside = new Set(suspects);
  const runs: number[][] = [];
  for (let row = 0; row < stage.rows; row++) {
    let run: number[] = [];
    for (let column = 0; column < stage.columns; column++) {
      const tile = row * stage.columns + column;
      const open = !done.has(tile) && !aside.has(tile);
      if (open) run.push(tile);
      if (run.length > 0 && (!open || run.length === stage.bandTiles)) {
        runs.push(run);
        run = [];
      }
    }
    if (run.length > 0) runs.push(run);
  }
  return { suspects, runs };
}
