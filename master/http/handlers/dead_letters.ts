import type { DEAD_LETTERS } from "../../../shared/api/routes/dead_letters.ts";
import { shownLetter } from "../../../shared/bus/shown_letter.ts";
import { ownerOf, ownJob } from "../../access/own.ts";
import type { Master } from "../../master.ts";
import { changeJobs } from "../change_jobs.ts";
import { cursorOf, placeOf } from "../cursor.ts";
import type { Handlers } from "../route_call.ts";

export const deadLetterHandlers = (master: Master): Handlers<typeof DEAD_LETTERS> => ({
  listDeadLetters({ query, caller }) {
    const { limit = 100, cursor } = query;
    const { shown, next } = page(master, ownerOf(caller), limit, cursor);
    return {
      dead_letters: shown.map(({ letter }) => ({
        ...shownLetter(letter),
        replayable: master.canRetry(letter.job),
      })),
      ...next,
    };
  },
  async replayDeadLetters({ query, caller }) {
    const { limit = 1000, cursor } = query;
    const { shown, next } = page(master, ownerOf(caller), limit, cursor);
    const ids = shown.map(({ letter }) => letter.job);
    const { changed: replayed, refused } = await changeJobs(master, { action: "retry", ids });
    return { replayed, refused, ...next };
  },
  replayDeadLetter: ({ params, caller }) => master.retry(ownJob(master, caller, params.id).id),
});

function page(master: Master, owner: string | undefined, limit: number, cursor: string | undefined) {
  const found = master.deadLetters.page(owner, limit + 1, placeOf(cursor));
  const shown = found.slice(0, limit);
  const more = found.length > limit && { next_cursor: cursorOf(shown.at(-1)!.number) };
  return { shown, next: { ...more } };
}
