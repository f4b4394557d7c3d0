import { useMemo } from "preact/hooks";
import { Chart, type Line } from "../design/chart.tsx";
import { bytes, duration, short, whole } from "../design/format.ts";
import type { api } from "../shell/api.ts";

type HistoryView = Awaited<ReturnType<typeof api.getStats>>["history"];

/** How the last hour went. */
export function History({ history }: { readonly history: HistoryView | undefined }) {
  const times = useMemo(() => (history?.at ?? []).map((at) => Date.parse(at) / 1000), [history]);
  const line = (name: string, colour: string, values: Line["values"] = []): Line => ({
    name,
    colour,
    values,
  });
  const plots = [
    {
      title: "Tiles a second",
      format: short,
      lines: [line("Tiles/s", "var(--accent)", history?.tiles_per_second)],
    },
    {
      title: "Pixels a second",
      format: bytes,
      lines: [line("Bytes/s", "var(--accent)", history?.bytes_per_second)],
    },
    {
      title: "Time for a tile",
      format: duration,
      counted: true,
      lines: [
        line("Half of them", "var(--good)", history?.tile_ms_p50),
        line("19 of 20", "var(--warn)", history?.tile_ms_p95),
      ],
    },
    {
      title: "Jobs",
      format: whole,
      counted: true,
      lines: [
        line("Running", "var(--accent)", history?.jobs_running),
        line("Waiting", "var(--muted)", history?.jobs_queued),
      ],
    },
    {
      title: "Failed attempts",
      format: whole,
      counted: true,
      lines: [line("Attempts", "var(--bad)", history?.tiles_failed)],
    },
  ];
  return (
    <section class="stack" aria-labelledby="history">
      <h2 id="history">The last hour</h2>
      <div class="plots">
        {plots.map(({ title, format, lines, counted = false }) => (
          <figure key={title} class="card">
            <figcaption class="label">{title}</figcaption>
            <Chart
              label={`${title} over the last hour`}
              times={times}
              lines={lines}
              format={format}
              whole={counted}
            />
          </figure>
        ))}
      </div>
      {times.length === 0 && <p class="muted">The first point comes ten seconds after the server's start.</p>}
    </section>
  );
}
