/** How a job stands, in words: what is the matter and what to do, where there is anything to say. */
import { hasEnded, type JobView } from "../../client/client.ts";
import type { Tone } from "../design/badge.tsx";
import { whole } from "../design/format.ts";

export interface Condition {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

/** What is known beside the job itself. */
export interface Seen {
  /** Nothing while that is not known. */
  readonly liveWorkers: number | undefined;
  /** In words, where no tile has come back for long. */
  readonly quiet: string | undefined;
  readonly nowMs: number;
}

const tiles = (count: number): string => `${whole(count)} ${count === 1 ? "tile" : "tiles"}`;

export const isExpired = ({ expires_at }: JobView, nowMs: number): boolean =>
  expires_at !== undefined && Date.parse(expires_at) <= nowMs;

/** Whether what was done of a failed job is still there to go on with. */
export const canRetry = (job: JobView, nowMs: number): boolean =>
  job.state === "failed" && job.expires_at !== undefined && !isExpired(job, nowMs);

/** Which of a job's pictures can be looked at. */
export interface Lookable {
  readonly source: boolean;
  readonly result: boolean;
}

export function lookableOf(job: JobView, nowMs: number): Lookable {
  const { state, source } = job;
  if (!hasEnded(job)) return { source: state !== "queued", result: state !== "queued" };
  return {
    source: source.expires_at !== undefined && Date.parse(source.expires_at) > nowMs,
    result: (state === "done" && !isExpired(job, nowMs)) || canRetry(job, nowMs),
  };
}

/** Undefined where all goes its way. */
export function conditionOf(job: JobView, seen: Seen): Condition | undefined {
  if (job.state === "failed") return failed(job, seen);
  if (job.state === "done" && isExpired(job, seen.nowMs))
    return {
      tone: "warn",
      title: "The result has expired",
      text: "It was kept for as long as was agreed and is gone. Send the image again to have it again.",
    };
  if (job.state === "cancelled")
    return { tone: "idle", title: "Cancelled", text: "Its files are gone; nothing of it can be downloaded." };
  if (job.state === "paused")
    return { tone: "warn", title: "Paused", text: "What is done stays done. Resume it to go on." };
  return hasEnded(job) ? undefined : (stalled(job, seen) ?? retrying(job) ?? waiting(job));
}

function failed(job: JobView, { nowMs }: Seen): Condition {
  const { code, message } = job.error ?? { code: "internal", message: "" };
  const what = message === "" ? "It is not known why." : message.replace(/[^.!?]$/, "$&.");
  return { tone: "bad", title: "Failed", text: `${what} ${advice(job, code, nowMs)}`.trim() };
}

/** Sentences of the table of errors say themselves what to do, but for those about tiles. */
function advice(job: JobView, code: string, nowMs: number): string {
  if (canRetry(job, nowMs) && job.progress.tiles_done === 0)
    return "Nothing of it is done yet, but the image is kept: retry it.";
  if (canRetry(job, nowMs))
    return `${tiles(job.progress.tiles_done)} of ${whole(job.progress.tiles_total)} are done and kept: retry to do only the rest.`;
  if (code === "tile_failed" || code === "tile_lost")
    return "What was done is not kept any more: send the image again.";
  return code === "internal" ? "Try it again; if it fails again, whoever runs the server has to look." : "";
}

function stalled({ state }: JobView, { liveWorkers, quiet }: Seen): Condition | undefined {
  if ((state === "running" || state === "ingesting") && liveWorkers === 0)
    return {
      tone: "warn",
      title: "Stalled: no worker is there",
      text: "Nothing is lost. Start a worker, and the job goes on by itself.",
    };
  if (quiet === undefined) return undefined;
  return { tone: "warn", title: "Stalled", text: `${quiet} Other jobs may go first: see its priority.` };
}

function retrying({ progress: { tiles_failed: failing } }: JobView): Condition | undefined {
  if (failing === 0) return undefined;
  return {
    tone: "warn",
    title: `Retrying ${tiles(failing)}`,
    text: "Their last attempt failed; they are tried again, by another worker where there is one.",
  };
}

function waiting({ state }: JobView): Condition | undefined {
  if (state !== "queued") return undefined;
  return { tone: "idle", title: "Waits for its turn", text: "Other jobs go first; it begins by itself." };
}
