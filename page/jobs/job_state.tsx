import type { JobView } from "../../client/client.ts";
import { Badge, type Tone } from "../design/badge.tsx";

interface Look {
  readonly tone: Tone;
  readonly word: string;
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

export const lookOf = ({ state }: Pick<JobView, "state">): Look => LOOKS[state];

export function JobState({ job }: { readonly job: Pick<JobView, "state"> }) {
  const { tone, word } = lookOf(job);
  return <Badge tone={tone}>{word}</Badge>;
}

/** From 0 to 1. */
export const shareDone = ({ state, progress: { tiles_done, tiles_total } }: JobView): number =>
  state === "done" ? 1 : tiles_total === 0 ? 0 : tiles_done / tiles_total;
