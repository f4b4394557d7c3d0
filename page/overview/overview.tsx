import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { Figure } from "../design/figure.tsx";
import { bytes, duration, percent, short, whole } from "../design/format.ts";
import { api } from "../shell/api.ts";
import { useTopic } from "../shell/live.ts";
import { usePolled } from "../shell/polled.ts";
import { useTitle } from "../shell/title.ts";
import { Health } from "./health.tsx";
import { History } from "./history.tsx";
import { JobStates } from "./job_states.tsx";
import { type Pace, paceBetween, type Sample, type Stats } from "./pace.ts";

/** The history has a new point every so often. */
const HISTORY_EVERY_MS = 10_000;
/** Over so long a pace is measured: what comes in bands of tiles would jump otherwise. */
const PACE_OVER_MS = 5000;

export function Overview() {
  useTitle("Overview");
  const stats = useSignal<Stats | undefined>(undefined);
  const pace = useSignal<Pace | undefined>(undefined);
  const samples = useSignal<readonly Sample[]>([]);
  useTopic("stats", (message) => {
    if (message.type !== "stats") return;
    const now = { atMs: performance.now(), stats: message.stats };
    const recent = samples.value.filter(({ atMs }) => now.atMs - atMs <= PACE_OVER_MS);
    samples.value = [...(recent.length > 0 ? recent : samples.value.slice(-1)), now];
    pace.value = paceBetween(samples.value[0]!, now);
    stats.value = message.stats;
  });
  const history = usePolled((signal) => api.getStats({}, { signal }), HISTORY_EVERY_MS);
  return (
    <div class="stack">
      <h1>Overview</h1>
      <Health stats={stats} />
      <Figures stats={stats} pace={pace} />
      <JobStates stats={stats} />
      <History history={history.value.value?.history} />
    </div>
  );
}

interface FiguresProps {
  readonly stats: Signal<Stats | undefined>;
  readonly pace: Signal<Pace | undefined>;
}

function Figures({ stats, pace }: FiguresProps) {
  const now = stats.value;
  const { tilesPerSecond = 0, bytesPerSecond = 0, failedShare = 0 } = pace.value ?? {};
  if (now === undefined) return <dl class="figures large" aria-busy="true" />;
  const { tiles, disk, workers, threads, queue, version, uptime_seconds } = now;
  const ms = (value: number | null) => (value === null ? "–" : duration(value));
  return (
    <dl class="figures large">
      <Figure
        name="Tiles"
        value={`${short(tilesPerSecond)} /s`}
        hint={`${whole(tiles.in_flight)} in flight`}
      />
      <Figure name="Pixels" value={`${bytes(bytesPerSecond)}/s`} hint="of finished tiles" />
      <Figure name="Time for a tile" value={ms(tiles.ms.p50)} hint={`${ms(tiles.ms.p95)} for 19 of 20`} />
      <Figure
        name="Failed attempts"
        value={percent(failedShare)}
        hint={`${whole(tiles.failed)} since the start`}
      />
      <Figure name="Waiting jobs" value={whole(queue)} hint="of everyone" />
      <Figure name="Workers" value={whole(workers.live)} hint={`${whole(threads)} threads`} />
      <Disk disk={disk} />
      <Figure name="Running for" value={duration(uptime_seconds * 1000)} hint={`version ${version}`} />
    </dl>
  );
}

/** What jobs may have of what is free. */
function Disk({ disk: { free_bytes, kept_free_bytes } }: { readonly disk: Stats["disk"] }) {
  const left = Math.max(0, free_bytes - kept_free_bytes);
  const hint = left > 0 ? `${bytes(kept_free_bytes)} are kept free` : "full: no job is taken in";
  return <Figure name="Disk for jobs" value={bytes(left)} hint={hint} />;
}
