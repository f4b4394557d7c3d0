import { useSignal } from "@preact/signals";
import type { JobView } from "../../client/client.ts";
import { Empty } from "../design/empty.tsx";
import { ago } from "../design/format.ts";
import { Meter } from "../design/meter.tsx";
import { useTopic } from "../shell/live.ts";
import { hrefOf } from "../shell/router.ts";
import { useTitle } from "../shell/title.ts";
import { JobState, lookOf, shareDone } from "./job_state.tsx";

export function Jobs() {
  useTitle("Jobs");
  const jobs = useSignal<readonly JobView[] | undefined>(undefined);
  useTopic("jobs", (message) => {
    if (message.type !== "jobs") return;
    const known = new Map((message.snapshot ? [] : (jobs.value ?? [])).map((job) => [job.id, job]));
    for (const job of message.jobs) known.set(job.id, job);
    for (const id of message.gone) known.delete(id);
    jobs.value = [...known.values()].sort((one, other) => other.created_at.localeCompare(one.created_at));
  });
  return (
    <div class="stack">
      <h1>Jobs</h1>
      {jobs.value?.length === 0 && (
        <Empty icon="image" title="No jobs yet">
          <a class="button primary" href={hrefOf("newJob")}>
            New job
          </a>
        </Empty>
      )}
      <ul class="stack">
        {jobs.value?.map((job) => (
          <li key={job.id} class="card row apart">
            <a href={hrefOf("job", job.id)}>{job.source.name}</a>
            <span class="muted">{ago(job.created_at)}</span>
            <Meter label="Done" share={shareDone(job)} tone={lookOf(job).tone} />
            <JobState job={job} />
          </li>
        ))}
      </ul>
    </div>
  );
}
