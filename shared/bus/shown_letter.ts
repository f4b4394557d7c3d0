import type { DeadLetterView } from "../api/dead_letter.ts";
import type { DeadLetter } from "./messages.ts";

/** What a letter itself says; whether its job can be tried again is only known to its master. */
export const shownLetter = (letter: DeadLetter): Omit<DeadLetterView, "replayable"> => ({
  ...{ job: letter.job, at: new Date(letter.atMs).toISOString(), stage: letter.stage, tile: letter.tile },
  ...{ attempts: letter.attempt, workers: [...letter.workers], code: letter.code, message: letter.message },
  steps: [...letter.steps],
});
