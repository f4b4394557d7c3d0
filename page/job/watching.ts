/** All that the view of a job is told live. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { JobView } from "../../client/client.ts";
import { hasEnded } from "../../client/client.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { useTopic } from "../shell/live.ts";
import type { Hand } from "./hands.tsx";
import { Board } from "./mosaic/board.ts";
import { Pace } from "./pace.ts";

export interface Watched {
  /** Nothing until the server has told it. */
  readonly job: Signal<JobView | undefined>;
  /** Why there is nothing to be told (any more). */
  readonly end: Signal<ErrorCode | "gone" | undefined>;
  readonly board: Board;
  /** Counts up whenever the board's stages are new. */
  readonly boardAnew: Signal<number>;
  /** The one that somebody wants to see; else it is the one at work. */
  readonly stage: Signal<number | undefined>;
  /** The worker whose tiles stand out, if any is to. */
  readonly lit: Signal<string | undefined>;
  readonly hands: Signal<readonly Hand[]>;
  readonly pace: Pace;
  /** Milliseconds since 1970, in steps of a second while the job is at work. */
  readonly now: Signal<number>;
}

const TICK_MS = 1000;

export function useWatched(id: string): Watched {
  const job = useSignal<JobView | undefined>(undefined);
  const end = useSignal<ErrorCode | "gone" | undefined>(undefined);
  const [boardAnew, now] = [useSignal(0), useSignal(Date.now())];
  const stage = useSignal<number | undefined>(undefined);
  const lit = useSignal<string | undefined>(undefined);
  const hands = useSignal<readonly Hand[]>([]);
  const [board, pace] = useMemo(() => [new Board(), new Pace()] as const, []);
  useTopic(`job:${id}`, (message) => {
    if (message.type === "gone") end.value = "gone";
    else if (message.type === "error") end.value = message.code;
    else job.value = message.job;
  });
  useTopic(`tiles:${id}`, (message) => {
    if (message.type !== "tiles") return;
    board.hear(message);
    if (message.snapshot) hands.value = board.byWorker();
  });
  useEffect(() => {
    const ends = [
      board.listen({
        anew: () => boardAnew.value++,
        tile(_, __, done, worker) {
          if (done && worker !== undefined) pace.done(worker, Date.now());
        },
      }),
    ];
    let seen = board.stages;
    let seenDone = 0;
    const tick = setInterval(() => {
      const done = board.stages.reduce((sum, stage) => sum + stage.done, 0);
      if (done !== seenDone || seen !== board.stages) hands.value = board.byWorker();
      [seen, seenDone] = [board.stages, done];
      if (job.value !== undefined && !hasEnded(job.value)) now.value = Date.now();
    }, TICK_MS);
    return () => {
      clearInterval(tick);
      for (const each of ends) each();
    };
  }, []);
  return { job, end, board, boardAnew, stage, lit, hands, pace, now };
}
