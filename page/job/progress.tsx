import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { hasEnded, type JobView } from "../../client/client.ts";
import { Figure } from "../design/figure.tsx";
import { duration, percent, short, whole } from "../design/format.ts";
import { Meter } from "../design/meter.tsx";
import { lookOf, shareDone } from "../jobs/job_state.tsx";

/** How far it is, how quick, how long still. */
export function Progress({ job }: { readonly job: JobView }) {
  const { state, progress, wall_ms } = job;
  const { tiles_done, tiles_total, tiles_per_second, tiles_retried, seconds_left } = progress;
  const share = shareDone(job);
  const isRunning = state === "running" || state === "ingesting";
  return (
    <>
      <Meter label="Tiles done" share={share} tone={lookOf(job).tone} />
      <dl class="figures">
        <Figure name="Done" value={percent(share)} />
        <Figure name="Tiles" value={`${whole(tiles_done)} of ${whole(tiles_total)}`} />
        <Figure name="Tiles a second" value={tiles_per_second > 0 ? short(tiles_per_second) : "–"} />
        {hasEnded(job) ? (
          <Figure name="Took" value={duration(wall_ms)} />
        ) : (
          <Figure
            name="Time left"
            value={isRunning && seconds_left !== undefined ? `about ${roughly(seconds_left)}` : "–"}
          />
        )}
        <Figure name="Retries" value={whole(tiles_retried)} />
      </dl>
      <Spoken share={share} state={lookOf(job).word} />
    </>
  );
}

/** Whole seconds: what is estimated does not tremble. */
const roughly = (seconds: number): string => duration(Math.max(1, Math.ceil(seconds)) * 1000);

/** For those who hear the page: quarters of the way, and each state. */
function Spoken({ share, state }: { readonly share: number; readonly state: string }) {
  const said = useSignal("");
  const quarter = Math.floor(share * 4) * 25;
  useEffect(() => {
    said.value = quarter > 0 && quarter < 100 ? `${state}, ${quarter} % done` : state;
  }, [quarter, state]);
  return (
    <p class="unseen" role="status">
      {said.value}
    </p>
  );
}
