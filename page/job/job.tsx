import { useSignal } from "@preact/signals";
import { hasEnded, type JobView } from "../../client/client.ts";
import { Button } from "../design/button.tsx";
import { Empty } from "../design/empty.tsx";
import { Meter } from "../design/meter.tsx";
import { JobState, lookOf, shareDone } from "../jobs/job_state.tsx";
import { api } from "../shell/api.ts";
import { useTopic } from "../shell/live.ts";
import { attempt } from "../shell/notices.tsx";
import { place } from "../shell/router.ts";
import { useTitle } from "../shell/title.ts";

export function Job() {
  const { id } = place.value;
  const job = useSignal<JobView | undefined>(undefined);
  const isGone = useSignal(false);
  useTopic(`job:${id}`, (message) => {
    if (message.type === "job") job.value = message.job;
    else isGone.value = true;
  });
  useTitle(job.value?.source.name ?? "Job");
  if (isGone.value)
    return (
      <Empty icon="search" title="There is no such job">
        <p>It was deleted, or its address is mistyped.</p>
      </Empty>
    );
  if (job.value === undefined) return null;
  return <Shown job={job.value} />;
}

function Shown({ job }: { readonly job: JobView }) {
  const { id, source, state, error } = job;
  return (
    <div class="stack">
      <div class="row apart">
        <h1>{source.name}</h1>
        <JobState job={job} />
      </div>
      <Meter label="Tiles done" share={shareDone(job)} tone={lookOf(job).tone} />
      {error !== undefined && <p role="alert">{error.message}</p>}
      <div class="row">
        {!hasEnded(job) && (
          <Button onClick={() => attempt(() => api.cancelJob({ id }))} icon="close">
            Cancel
          </Button>
        )}
        {state === "done" && (
          <a class="button primary" href={`/v1/jobs/${id}/result`} download>
            Download
          </a>
        )}
      </div>
    </div>
  );
}
