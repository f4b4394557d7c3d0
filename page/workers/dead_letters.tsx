import { Button } from "../design/button.tsx";
import { ago, counted, when, whole } from "../design/format.ts";
import { api } from "../shell/api.ts";
import { attempt, tellDone, wordsOf } from "../shell/notices.tsx";
import { hrefOf } from "../shell/router.ts";
import { may } from "../shell/session.ts";
import { useRefreshed } from "../shell/use_refreshed.ts";

const EVERY_MS = 5000;
const SHOWN_MAX = 50;

type Letter = Awaited<ReturnType<typeof api.listDeadLetters>>["dead_letters"][number];

/** Tiles that were given up on, each with its job. */
export function DeadLetters() {
  const { value, fault, refresh } = useRefreshed(
    (signal) => api.listDeadLetters({ limit: SHOWN_MAX }, { signal }),
    "dead letters",
    EVERY_MS,
  );
  const { dead_letters: letters = [], next_cursor: more } = value.value ?? {};
  const replayAll = () =>
    attempt(async () => {
      const count = await replay();
      tellDone(`${counted(count, "job")} ${count === 1 ? "is" : "are"} tried again.`);
      refresh();
    });
  return (
    <section class="card stack" aria-labelledby="dead_letters">
      <div class="row apart">
        <h2 id="dead_letters">Dead letters</h2>
        {letters.length > 0 && may("operate") && (
          <Button icon="retry" onClick={replayAll}>
            Try all again
          </Button>
        )}
      </div>
      {fault.value !== undefined && <p role="alert">{wordsOf(fault.value).text}</p>}
      {letters.length === 0 ? (
        <p class="muted">{value.value === undefined ? "…" : "No tile was given up on."}</p>
      ) : (
        <ul class="letters">
          {letters.map((letter) => (
            <Row key={letter.job} letter={letter} refresh={refresh} />
          ))}
        </ul>
      )}
      {more !== undefined && <p class="muted">There are more; these are the newest.</p>}
    </section>
  );
}

/** However many there are. */
async function replay(): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const done = await api.replayDeadLetters({ cursor });
    count += done.replayed.length;
    cursor = done.next_cursor;
  } while (cursor !== undefined);
  return count;
}

function Row({ letter, refresh }: { readonly letter: Letter; readonly refresh: () => void }) {
  const { job, message, replayable } = letter;
  const retry = () =>
    attempt(async () => {
      await api.replayDeadLetter({ id: job });
      refresh();
    });
  return (
    <li class="row apart">
      <div>
        <p>
          <a href={hrefOf("job", job)}>Job {job.slice(0, 8)}</a>, tile {whole(letter.tile)} of stage{" "}
          {letter.stage}, {counted(letter.attempts, "attempt")},{" "}
          <time dateTime={letter.at} title={when(letter.at)}>
            {ago(letter.at)}
          </time>
        </p>
        <p class="hint">{message}</p>
      </div>
      {may("operate") && replayable && (
        <Button icon="retry" onClick={retry}>
          Try again<span class="unseen"> job {job.slice(0, 8)}</span>
        </Button>
      )}
    </li>
  );
}
