import type { ErrorCode } from "../../shared/errors.ts";
import { whole } from "../design/format.ts";
import type { IconName } from "../design/icon.tsx";
import type { BulkAction, Done, Plan } from "./bulk.ts";

interface Words {
  /** As a button says it. */
  readonly does: string;
  /** What they are afterwards. */
  readonly done: string;
  readonly icon: IconName;
  /** What one should know before. */
  readonly means: string;
  /** Of those that are in no state for it. */
  readonly not: string;
}

export const WORDS: Readonly<Record<BulkAction, Words>> = {
  pause: {
    ...{ does: "Pause", done: "paused", icon: "pause", not: "ended or paused" },
    means: "What is done stays done; they go on when they are resumed.",
  },
  resume: {
    ...{ does: "Resume", done: "resumed", icon: "play", not: "not paused" },
    means: "They go on where they stood.",
  },
  retry: {
    ...{ does: "Retry", done: "being tried again", icon: "retry", not: "not failed" },
    means: "What was done stays done; only the rest is tried again.",
  },
  priority: {
    ...{ does: "Set priority of", done: "given another priority", icon: "chevron_up", not: "ended" },
    means: "Of two jobs, each step of priority gets twice as many tiles done.",
  },
  cancel: {
    ...{ does: "Cancel", done: "cancelled", icon: "close", not: "ended" },
    means: "What was done of them is lost.",
  },
  delete: {
    ...{ does: "Delete", done: "deleted", icon: "trash", not: "gone" },
    means: "Their results and their history go with them, for good. What is still at work is cancelled.",
  },
};

export const jobs = (count: number): string => (count === 1 ? "1 job" : `${whole(count)} jobs`);

const REASONS: Partial<Record<ErrorCode, string>> = {
  job_not_active: "ended already",
  job_not_failed: "not failed, or not kept any more",
  job_not_found: "gone",
};

/** Why something cannot be done with some of them, in a sentence for each reason. */
export function refusalsOf(action: BulkAction, { refused }: Plan): string[] {
  return [...refused].map(([code, count]) => {
    const why = (code && REASONS[code]) ?? WORDS[action].not;
    const has = why.startsWith("ended") ? (count === 1 ? "has" : "have") : count === 1 ? "is" : "are";
    return `${jobs(count)} ${has} ${why}.`;
  });
}

export function outcomeOf(action: BulkAction, { changed, refused }: Done): string {
  const is = changed === 1 ? "is" : "are";
  const done = `${jobs(changed)} ${is} ${WORDS[action].done}.`;
  return refused === 0 ? done : `${done} ${jobs(refused)} could not be: they have changed meanwhile.`;
}
