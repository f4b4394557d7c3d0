import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { duration } from "../design/format.ts";
import { api } from "../shell/api.ts";
import { useTopic } from "../shell/live.ts";
import { useTitle } from "../shell/title.ts";
import { useRefreshed } from "../shell/use_refreshed.ts";
import { Figures } from "./figures.tsx";
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
  const history = useRefreshed((signal) => api.getStats({}, { signal }), "history", HISTORY_EVERY_MS);
  return (
    <div class="stack">
      <div>
        <h1>Overview</h1>
        <About stats={stats} />
      </div>
      <Health stats={stats} />
      <Figures stats={stats} pace={pace} />
      <JobStates stats={stats} />
      <History history={history.value.value?.history} />
    </div>
  );
}

function About({ stats }: { readonly stats: Signal<Stats | undefined> }) {
  const { version, uptime_seconds } = stats.value ?? {};
  if (uptime_seconds === undefined) return <p class="muted">…</p>;
  return (
    <p class="muted number">
      Version {version}, running for {duration(uptime_seconds * 1000)}
    </p>
  );
}
