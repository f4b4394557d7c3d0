import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { JobView } from "../../client/client.ts";
import { Ago } from "../design/ago.tsx";
import { api } from "../shell/api.ts";
import { historyWords } from "./history_words.ts";

type Event = Awaited<ReturnType<typeof api.getEvents>>["events"][number];

/** What there is of it beyond is seldom looked at, and can be had over the API. */
const SHOWN_MAX = 200;
/** Changes come in company, and the last of them may be that the job is gone. */
const SOON_MS = 300;

/** What has happened to the job, the latest first; asked for again whenever its state changes. */
export function History({ job }: { readonly job: JobView }) {
  const events = useSignal<readonly Event[] | undefined>(undefined);
  const { id, state, priority, attempts, progress } = job;
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(() => {
      api.getEvents({ id, limit: SHOWN_MAX }, asking).then(
        (answer) => {
          events.value = answer.events;
        },
        () => {}, // it is shown as it was; the next change asks again
      );
    }, SOON_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [id, state, priority, attempts, progress.tiles_retried]);
  return (
    <section class="card stack job_history" aria-labelledby="history">
      <h2 id="history">History</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long one is scrolled by keys */}
      <ol tabIndex={0} aria-labelledby="history">
        {events.value?.toReversed().map((event, i) => {
          const { words, detail } = historyWords(event);
          return (
            <li key={events.value!.length - i}>
              <span>{words}</span>
              <span class="muted number">
                <Ago time={event.at} />
              </span>
              {detail !== "" && <p class="muted">{detail}</p>}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
