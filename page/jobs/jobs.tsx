import { Empty } from "../design/empty.tsx";
import { hrefOf, place } from "../shell/router.ts";
import { may } from "../shell/session.ts";
import { useTitle } from "../shell/title.ts";
import { filterOf, isEmpty } from "./filter.ts";
import { FilterBar } from "./filter_bar.tsx";
import { JobHistory } from "./job_history.tsx";
import { JobTabs } from "./job_tabs.tsx";
import { NothingFits } from "./nothing_fits.tsx";

export function Jobs() {
  useTitle("Jobs");
  const filter = filterOf(place.value.search);
  return (
    <div class="stack">
      <JobTabs current="jobs" />
      <FilterBar filter={filter} />
      <JobHistory filter={filter} empty={isEmpty(filter) ? <NoJobs /> : <NothingFits />} />
    </div>
  );
}

function NoJobs() {
  return (
    <Empty icon="image" title="No jobs yet">
      <p>An image that is sent becomes a job, and is seen here from then on.</p>
      {may("submit") && (
        <a class="button primary" href={hrefOf("newJob")}>
          New job
        </a>
      )}
    </Empty>
  );
}
