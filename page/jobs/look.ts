import type { JobView } from "../../client/client.ts";
import type { Tone } from "../design/badge.tsx";
import { now } from "../design/clock.ts";
import { duration } from "../design/format.ts";

interface Look {
  readonly tone: Tone;
  readonly word: string;
  /** What it means, where the word does not say it all. */
  readonly more?: string;
}

const LOOKS: Readonly<Record<JobView["state"], Look>> = {
  queued: { tone: "idle", word: "Queued" },
  ingesting: { tone: "busy", word: "Reading" },
  running: { tone: "busy", word: "Running" },
  exporting: { tone: "busy", word: "Writing" },
  paused: { tone: "warn", word: "Paused" },
  done: { tone: "good", word: "Done" },
  failed: { tone: "bad", word: "Failed" },
  cancelled: { tone: "idle", word: "Cancelled" },
};

/** Tiles come back more often than that, or something is wrong. */
const STALLED_MS = 30_000;

const toldAt = new WeakMap<object, number>();

/** How long none of its tiles came back, of a job that is at them; the server is asked for no news of that. */
function quietMs({ state, progress }: Seen): number {
  if (state !== "running" || progress?.heard_ms_ago === undefined) return 0;
  const at = toldAt.get(progress) ?? Date.now();
  toldAt.set(progress, at);
  return progress.heard_ms_ago + Math.max(0, now.peek() - at);
}

export type Seen = Pick<JobView, "state"> & Partial<Pick<JobView, "progress" | "attempts">>;

/** What a job is doing, in a word: what is tried again, and what does not move, is told from what runs and has failed. */
export function lookOf(job: Seen): Look {
  const { state, progress, attempts = 1 } = job;
  const quiet = quietMs(job);
  if (quiet > STALLED_MS)
    return {
      ...{ tone: "warn", word: "Stalled" },
      more: `No tile has come back for ${duration(quiet)}. See whether there are workers.`,
    };
  const failed = progress?.tiles_failed ?? 0;
  if (state === "running" && failed > 0)
    return {
      ...{ tone: "warn", word: "Retrying" },
      more: failed === 1 ? "A tile is being tried again." : `${failed} tiles are being tried again.`,
    };
  if (attempts > 1 && LOOKS[state].tone === "busy") return { ...LOOKS[state], more: `Try ${attempts}` };
  return LOOKS[state];
}

/** From 0 to 1. */
export const shareDone = ({ state, progress: { tiles_done, tiles_total } }: JobView): number =>
  state === "done" ? 1 : tiles_total === 0 ? 0 : tiles_done / tiles_total;
