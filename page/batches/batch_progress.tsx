import type { Client } from "../../client/client.ts";
import { whole } from "../design/format.ts";

export type BatchView = Awaited<ReturnType<Client["getBatch"]>>;

/** How many images are in which kind of state; what is at work counts as one. */
function partsOf({ jobs }: BatchView) {
  return [
    { tone: "good", word: "done", count: jobs.done },
    { tone: "bad", word: "failed", count: jobs.failed },
    { tone: "idle", word: "cancelled", count: jobs.cancelled },
    { tone: "busy", word: "at work", count: jobs.ingesting + jobs.running + jobs.exporting },
    { tone: "warn", word: "paused", count: jobs.paused },
    { tone: "none", word: "queued", count: jobs.queued },
  ] as const;
}

/** Of all images, how many are at what: a bar of them, and the same in words. */
export function BatchProgress({ batch }: { readonly batch: BatchView }) {
  const { images, jobs, name } = batch;
  const parts = partsOf(batch).filter(({ count }) => count > 0);
  const ended = jobs.done + jobs.failed + jobs.cancelled;
  return (
    <div class="batch_progress">
      <div
        class="parts"
        role="progressbar"
        aria-label={`Images of ${name || "the batch"} that have ended`}
        aria-valuemin={0}
        aria-valuemax={images || 1}
        aria-valuenow={ended}
      >
        {parts.map(({ tone, count }) => (
          <span key={tone} data-tone={tone} style={{ width: `${(100 * count) / images}%` }} />
        ))}
      </div>
      <span class="muted number">
        {images === 0
          ? "no images yet"
          : parts.map(({ word, count }) => `${whole(count)} ${word}`).join(", ")}
      </span>
    </div>
  );
}
