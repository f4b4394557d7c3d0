import type { JobView } from "../../client/client.ts";
import { duration } from "../design/format.ts";
import { phaseWords, spansOf } from "./timeline_spans.ts";

/** What the job was at when: its phases as bars above each other, since they overlap. */
export function Timeline({ job }: { readonly job: JobView }) {
  const spans = spansOf(job);
  if (spans.length === 0) return null;
  return (
    <section class="card stack" aria-labelledby="timeline">
      <h2 id="timeline">Phases</h2>
      <ol class="timeline number">
        {spans.map(({ phase, from, length, ms }) => (
          <li key={phase} style={{ "--start": from, "--length": length }}>
            <span>{phaseWords(phase)}</span>
            <span class="muted">{duration(ms)}</span>
            <span class="span" />
          </li>
        ))}
      </ol>
    </section>
  );
}
