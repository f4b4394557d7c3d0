import type { Told } from "../../client/live.ts";

export type Stats = Extract<Told<"stats">, { readonly type: "stats" }>["stats"];

/** Figures as they were once. */
export interface Sample {
  readonly atMs: number;
  readonly stats: Stats;
}

/** How quickly things go. */
export interface Pace {
  readonly tilesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of all attempts at tiles those that were made in vain, from 0 to 1. */
  readonly failedShare: number;
}

/** Between two samples of one master's; a master that was started anew counts anew. */
export function paceBetween(before: Sample, now: Sample): Pace {
  const seconds = (now.atMs - before.atMs) / 1000;
  const [was, is] = [before.stats.tiles, now.stats.tiles];
  const startedAnew = is.done < was.done;
  if (seconds <= 0 || startedAnew) return { tilesPerSecond: 0, bytesPerSecond: 0, failedShare: 0 };
  const [done, failed] = [is.done - was.done, is.failed - was.failed];
  return {
    tilesPerSecond: done / seconds,
    bytesPerSecond: (is.bytes - was.bytes) / seconds,
    failedShare: done + failed === 0 ? 0 : failed / (done + failed),
  };
}
