import type { Signal } from "@preact/signals";
import { Figure } from "../design/figure.tsx";
import { bytes, counted, duration, percent, short, whole } from "../design/format.ts";
import { api } from "../shell/api.ts";
import { useRefreshed } from "../shell/use_refreshed.ts";
import type { Pace, Stats } from "./pace.ts";

/** Kafka is asked no oftener. */
const LAG_EVERY_MS = 5000;

interface FiguresProps {
  readonly stats: Signal<Stats | undefined>;
  readonly pace: Signal<Pace | undefined>;
}

/** How the server is now. */
export function Figures({ stats, pace }: FiguresProps) {
  const topics = useRefreshed((signal) => api.listTopics({}, { signal }), "topics", LAG_EVERY_MS);
  const now = stats.value;
  const { tilesPerSecond = 0, bytesPerSecond = 0, failedShare = 0 } = pace.value ?? {};
  if (now === undefined) return <dl class="figures large" aria-busy="true" />;
  const { tiles, disk, workers, threads, queue } = now;
  const ms = (value: number | null) => (value === null ? "–" : duration(value));
  const failed = `${whole(tiles.failed)} since the start`;
  return (
    <dl class="figures large">
      <Figure
        name="Tiles"
        value={`${short(tilesPerSecond)} /s`}
        hint={`${whole(tiles.done)} since the start`}
      />
      <Figure name="Pixels" value={`${bytes(bytesPerSecond)}/s`} hint="of finished tiles" />
      <Figure name="Time for a tile" value={ms(tiles.ms.p50)} hint={`${ms(tiles.ms.p95)} for 19 of 20`} />
      <Figure name="Failed attempts" value={percent(failedShare)} hint={failed} />
      <Figure name="Waiting jobs" value={whole(queue)} hint="of everyone" />
      <Lag topics={topics.value.value?.topics ?? []} inFlight={tiles.in_flight} />
      <Figure name="Workers" value={whole(workers.live)} hint={counted(threads, "thread")} />
      <Disk disk={disk} />
    </dl>
  );
}

interface LagProps {
  readonly topics: Awaited<ReturnType<typeof api.listTopics>>["topics"];
  readonly inFlight: number;
}

/** What lies in Kafka and has not been done; without Kafka what workers have. */
function Lag({ topics, inFlight }: LagProps) {
  const lag = topics.find(({ topic }) => topic === "tasks")?.lag;
  if (lag === undefined) return <Figure name="In flight" value={whole(inFlight)} hint="tiles with workers" />;
  return <Figure name="Lag" value={whole(lag)} hint={`tasks in Kafka; ${whole(inFlight)} in flight`} />;
}

/** What jobs may have of what is free. */
function Disk({ disk: { free_bytes, kept_free_bytes } }: { readonly disk: Stats["disk"] }) {
  const left = Math.max(0, free_bytes - kept_free_bytes);
  const hint = left > 0 ? `${bytes(kept_free_bytes)} are kept free` : "full: no job is taken in";
  return <Figure name="Disk for jobs" value={bytes(left)} hint={hint} />;
}
