import type { ReadonlySignal } from "@preact/signals";
import { Badge, type Tone } from "../design/badge.tsx";
import { Button } from "../design/button.tsx";
import { now } from "../design/clock.ts";
import { Figure } from "../design/figure.tsx";
import { ago, bytes, counted, short, whole } from "../design/format.ts";
import { Meter } from "../design/meter.tsx";
import { Sparkline } from "../design/sparkline.tsx";
import { workerColour } from "../design/worker_colour.ts";
import { api } from "../shell/api.ts";
import { attempt } from "../shell/notices.tsx";
import { may } from "../shell/session.ts";
import type { Worker } from "./workers_known.ts";

interface Look {
  readonly tone: Tone;
  readonly word: string;
  /** What that means, where it is not plain. */
  readonly means?: string;
}

const LOOKS: Readonly<Record<Worker["state"], Look>> = {
  live: { tone: "good", word: "Live" },
  silent: {
    tone: "warn",
    word: "Silent",
    means: "It has not been heard of for a while; its tiles go to others.",
  },
  lost: { tone: "bad", word: "Lost", means: "It is not waited for any more. If it still runs, see its log." },
  draining: { tone: "warn", word: "Draining", means: "It finishes what it has and is given no more." },
  left: { tone: "idle", word: "Left" },
  incompatible: {
    tone: "bad",
    word: "Incompatible",
    means: "It would give other pixels, so it is given no tiles. Install the master's version on it.",
  },
};

const lookOf = ({ state, in_flight }: Worker): Look =>
  state === "draining" && in_flight === 0
    ? { ...LOOKS.draining, means: "It has nothing left and can be stopped." }
    : LOOKS[state];

interface WorkerCardProps {
  readonly worker: Worker;
  /** Tiles a second, lately. */
  readonly rates: ReadonlySignal<readonly number[]>;
}

export function WorkerCard({ worker, rates }: WorkerCardProps) {
  const { id, name, host, version, state, threads, load } = worker;
  const { tone, word, means } = lookOf(worker);
  const isThere = state === "live" || state === "draining";
  return (
    <article class="card worker" aria-label={name} style={{ "--worker": workerColour(id) }}>
      <header class="row apart">
        <h2>{name}</h2>
        <Badge tone={tone}>{word}</Badge>
      </header>
      <p class="muted">
        {host}, <span title={id}>{shortly(id)}</span>, version {version}
      </p>
      {worker.differs.length > 0 && <p class="hint">Ops that differ: {worker.differs.join(", ")}.</p>}
      <div class="pace">
        <span>
          <strong class="number">{hundredths(worker.tiles_per_second)}</strong> tiles/s
        </span>
        <Sparkline values={rates.value} colour={workerColour(id)} />
      </div>
      <div>
        <p class="row apart hint">
          <span>Load</span>
          <span class="number">
            {hundredths(load)} of {counted(threads, "thread")}
          </span>
        </p>
        <Meter label={`Load of ${name}`} share={threads === 0 ? 0 : load / threads} />
      </div>
      <dl class="figures">
        <Figure name="In flight" value={whole(worker.in_flight)} />
        <Figure name="Partitions" value={whole(worker.partitions)} />
        <Figure name="Tiles done" value={whole(worker.tiles_done)} />
        <Figure name="Memory" value={bytes(worker.rss_bytes)} />
        <Figure name="Last heard" value={<Heard atMs={worker.heardAtMs} />} />
      </dl>
      <footer>
        <p class="hint">{means}</p>
        {may("admin") && isThere && <Drain worker={worker} />}
      </footer>
    </article>
  );
}

function Drain({ worker: { id, state } }: { readonly worker: Worker }) {
  if (state === "draining")
    return (
      <Button icon="play" onClick={() => attempt(() => api.undrainWorker({ id }))}>
        Give it tiles again
      </Button>
    );
  return (
    <Button icon="pause" onClick={() => attempt(() => api.drainWorker({ id }))}>
      Drain
    </Button>
  );
}

/** Enough of it to find it in a log. */
const shortly = (id: string): string => id.replace("worker-", "").slice(0, 8);

/** More digits of it mean nothing. */
const hundredths = (value: number): string => short(Math.round(value * 100) / 100);

/** Heartbeats come every second or so: less is now. */
const NOW_MS = 3000;

/** Nobody tells of a worker that says nothing: time goes on all the same. */
function Heard({ atMs }: { readonly atMs: number }) {
  const isNow = now.value - atMs < NOW_MS;
  return <>{isNow ? "now" : ago(new Date(atMs).toISOString(), now.value)}</>;
}
