import type { JobView } from "../../client/client.ts";

interface Span {
  readonly phase: string;
  /** As shares of the time from the first phase's begin to the last one's end. */
  readonly from: number;
  readonly length: number;
  readonly ms: number;
}

/** In the order in which they began. */
export function spansOf({ timeline = [] }: Pick<JobView, "timeline">): Span[] {
  const begin = Math.min(...timeline.map(({ from_ms }) => from_ms));
  const end = Math.max(...timeline.map(({ from_ms, ms }) => from_ms + ms));
  const all = Math.max(1, end - begin);
  return timeline
    .toSorted((one, other) => one.from_ms - other.from_ms)
    .map(({ phase, from_ms, ms }) => ({ phase, from: (from_ms - begin) / all, length: ms / all, ms }));
}

export function phaseWords(phase: string): string {
  if (phase === "ingest") return "Reading the image";
  if (phase === "export") return "Writing the result";
  const stage = /^stage-(\d+)$/.exec(phase)?.[1];
  return stage === undefined ? phase : `Tiles of stage ${stage}`;
}
