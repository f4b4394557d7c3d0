import type { Signal } from "@preact/signals";
import { CHART_HEIGHT, Chart } from "../design/chart.tsx";
import { short } from "../design/format.ts";
import { workerColour } from "../design/worker_colour.ts";
import type { Pace } from "./pace.ts";

/** Lines that can be told apart. */
const SHOWN_MAX = 8;

/** Who does how many tiles a second, for as long as one has been looking. */
export function Throughput(props: {
  readonly pace: Pace;
  /** Milliseconds since 1970; it stands still once there is nothing to come. */
  readonly now: Signal<number>;
  readonly nameOf: (worker: string) => string;
  /** Whether there is more to come. */
  readonly isUnderWay: boolean;
}) {
  const { times, lines } = props.pace.lines(props.now.value);
  if (times.length === 0 && !props.isUnderWay) return null;
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number>((all, each) => all + (each ?? 0), 0);
  const shown = lines.toSorted((one, other) => sum(other.values) - sum(one.values)).slice(0, SHOWN_MAX);
  return (
    <section class="card stack" aria-labelledby="throughput">
      <h2 id="throughput">Tiles a second</h2>
      {times.length === 0 && (
        <p class="muted" style={{ height: `${CHART_HEIGHT}px` }}>
          No tile has come back while you look.
        </p>
      )}
      {times.length > 0 && (
        <Chart
          label={`Tiles a second by worker, of the last ${times.length} seconds`}
          times={times}
          format={short}
          lines={shown
            .toSorted((one, other) => one.worker.localeCompare(other.worker))
            .map(({ worker, values }) => ({
              name: props.nameOf(worker),
              colour: workerColour(worker),
              values,
            }))}
        />
      )}
    </section>
  );
}
