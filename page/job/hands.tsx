import type { Signal } from "@preact/signals";
import { whole } from "../design/format.ts";
import { workerColour } from "../design/worker_colour.ts";

export interface Hand {
  /** Of a worker. */
  readonly id: string;
  /** Tiles of this job. */
  readonly done: number;
}

/** More of them are summed. */
const SHOWN_MAX = 12;

/** Whose work the job is, in the colours of the mosaic. */
export function Hands(props: {
  readonly hands: Signal<readonly Hand[]>;
  readonly nameOf: (worker: string) => string;
  /** Whose tiles stand out, if somebody wants to see where they are. */
  readonly lit: Signal<string | undefined>;
}) {
  const { lit } = props;
  const hands = props.hands.value.toSorted((one, other) => other.done - one.done);
  const most = hands[0]?.done ?? 1;
  const others = hands.slice(SHOWN_MAX);
  return (
    <section class="card stack" aria-labelledby="hands">
      <h2 id="hands">Workers</h2>
      {hands.length === 0 && <p class="muted">No worker has done a tile yet.</p>}
      <ul class="hands number">
        {hands.slice(0, SHOWN_MAX).map(({ id, done }) => (
          <li key={id} style={{ "--colour": workerColour(id), "--share": done / most }}>
            <button
              type="button"
              aria-pressed={lit.value === id}
              title="Show where its tiles are"
              onClick={() => {
                lit.value = lit.value === id ? undefined : id;
              }}
            >
              <span class="swatch" />
              <span class="name">{props.nameOf(id)}</span>
              <span>{whole(done)}</span>
            </button>
          </li>
        ))}
        {others.length > 0 && (
          <li>
            <span class="name muted">{whole(others.length)} others</span>
            <span>{whole(others.reduce((sum, { done }) => sum + done, 0))}</span>
          </li>
        )}
      </ul>
    </section>
  );
}
