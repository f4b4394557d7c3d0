import type { JobView } from "../../client/client.ts";
import { hasEnded } from "../../client/client.ts";
import { PRIORITY } from "../../shared/api/priority.ts";
import { formatText } from "../../shared/pipeline/text.ts";
import { bytes, duration, megapixels, pixels, when } from "../design/format.ts";
import { api } from "../shell/api.ts";
import { attempt } from "../shell/notices.tsx";
import { hrefOf } from "../shell/router.ts";
import { may } from "../shell/session.ts";

/** What the job was sent with, and what it is to become. */
export function Facts({ job, nowMs }: { readonly job: JobView; readonly nowMs: number }) {
  const { source, output, pipeline, created_at, ended_at, wall_ms, expires_at, labels, attempts } = job;
  const names = Object.entries(labels);
  return (
    <section class="card stack" aria-labelledby="facts">
      <h2 id="facts">Details</h2>
      <dl class="facts">
        <Fact name="Source">
          {source.type.toUpperCase()}, {pixels(source.width, source.height)} (
          {megapixels(source.width, source.height)}), {bytes(source.bytes)}
        </Fact>
        <Fact name="Pipeline">
          {pipeline.length === 0 ? (
            <span class="muted">changes nothing</span>
          ) : (
            <code>{formatText(pipeline)}</code>
          )}
        </Fact>
        <Fact name="Result">
          {output.format.toUpperCase()}, {pixels(output.width, output.height)}
          {output.bytes !== undefined && `, ${bytes(output.bytes)}`}
        </Fact>
        <Fact name="Priority">
          <Priority job={job} />
        </Fact>
        <Fact name="Sent">{when(created_at)}</Fact>
        <Fact name={hasEnded(job) ? "Took" : "So far"}>
          {duration(ended_at === undefined ? Math.max(wall_ms, nowMs - Date.parse(created_at)) : wall_ms)}
        </Fact>
        {attempts > 1 && <Fact name="Tries">{attempts}</Fact>}
        {expires_at !== undefined && <Fact name="Kept until">{when(expires_at)}</Fact>}
        {job.batch !== undefined && (
          <Fact name="Batch">
            <a href={hrefOf("batch", job.batch)}>{job.batch}</a>
          </Fact>
        )}
        {job.webhook !== undefined && <Fact name="Webhook">{job.webhook}</Fact>}
        {names.length > 0 && (
          <Fact name="Labels">{names.map(([name, value]) => `${name}: ${value}`).join(", ")}</Fact>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="number">{children}</dd>
    </div>
  );
}

const PRIORITIES = Array.from(
  { length: PRIORITY.maximum - PRIORITY.minimum + 1 },
  (_, i) => PRIORITY.maximum - i,
);

function Priority({ job }: { readonly job: JobView }) {
  const { id, priority } = job;
  if (hasEnded(job) || !may("operate")) return priority;
  return (
    <select
      class="input narrow"
      aria-label="Priority"
      title="Of two jobs whose priorities differ by one, the higher one gets twice as many tiles done."
      value={priority}
      onChange={({ currentTarget: { value } }) =>
        void attempt(() => api.prioritizeJob({ id, priority: Number(value) }))
      }
    >
      {PRIORITIES.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}
