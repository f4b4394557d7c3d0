import type { Signal } from "@preact/signals";
import { whole } from "../design/format.ts";
import { JobState } from "../jobs/job_state.tsx";
import { hrefOf } from "../shell/router.ts";
import type { Stats } from "./pace.ts";

/** How many jobs there are in each state; each leads to its list. */
export function JobStates({ stats }: { readonly stats: Signal<Stats | undefined> }) {
  const jobs = stats.value?.jobs;
  return (
    <section class="card stack" aria-labelledby="job_states">
      <h2 id="job_states">Jobs by state</h2>
      <ul class="job_states">
        {Object.entries(jobs ?? {}).map(([state, count]) => (
          <li key={state}>
            <a href={hrefOf("jobs", "", `state=${state}`)}>
              <JobState job={{ state: state as keyof Stats["jobs"] }} />
              <strong class="number">{whole(count)}</strong>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
