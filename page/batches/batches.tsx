import { useSignal } from "@preact/signals";
import type { Client } from "../../client/client.ts";
import { formatText } from "../../shared/pipeline/text.ts";
import { Ago } from "../design/ago.tsx";
import { Empty } from "../design/empty.tsx";
import { Pager } from "../design/pager.tsx";
import { Fault } from "../jobs/fault.tsx";
import { JobTabs } from "../jobs/job_tabs.tsx";
import { api } from "../shell/api.ts";
import { useTopic } from "../shell/live.ts";
import { hrefOf, place, setSearch } from "../shell/router.ts";
import { may, session } from "../shell/session.ts";
import { useTitle } from "../shell/title.ts";
import { useRefreshed } from "../shell/use_refreshed.ts";
import { BatchMenu } from "./batch_actions.tsx";
import { changesRows, withNews, withTold } from "./batch_list.ts";
import { BatchProgress, type BatchView } from "./batch_progress.tsx";

type Page = Awaited<ReturnType<Client["listBatches"]>>;

export function Batches() {
  useTitle("Batches");
  const cursor = place.value.search.get("cursor") ?? undefined;
  const { value, fault, refresh } = useRefreshed(
    (signal) => api.listBatches({ cursor }, { signal }),
    cursor ?? "",
  );
  const told = useSignal<ReadonlyMap<string, BatchView>>(new Map());
  useTopic("batches", (message) => {
    if (message.type !== "batches") return;
    told.value = withTold(told.value, message);
    if (changesRows(value.value, cursor === undefined, message)) refresh();
  });
  return (
    <div class="stack">
      <JobTabs current="batches" />
      {fault.value !== undefined ? (
        <Fault thrown={fault.value} onRetry={refresh} />
      ) : (
        value.value && (
          <Shown page={withNews(value.value, told.value)} isFirst={cursor === undefined} refresh={refresh} />
        )
      )}
    </div>
  );
}

interface ShownProps {
  readonly page: Page;
  readonly isFirst: boolean;
  readonly refresh: () => void;
}

function Shown({ page, isFirst, refresh }: ShownProps) {
  const turn = (cursor: string | undefined) => setSearch({ cursor }, { isStep: true });
  const showsOwner = may("admin") && session.value?.by !== "nothing";
  if (page.batches.length === 0 && isFirst) return <NoBatches />;
  return (
    <section class="stack job_history" aria-label="Batches">
      <table class="table jobs batches" aria-label="Batches">
        <thead>
          <tr>
            <th>Name</th>
            <th>Images</th>
            <th>Pipeline</th>
            {showsOwner && <th>Owner</th>}
            <th>Begun</th>
            <th class="more">
              <span class="unseen">More</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {page.batches.map((batch) => (
            <BatchRow key={batch.id} {...{ batch, showsOwner, refresh }} />
          ))}
        </tbody>
      </table>
      <Pager
        label="Batches"
        onNewer={isFirst ? undefined : () => turn(page.previous_cursor)}
        onOlder={page.next_cursor === undefined ? undefined : () => turn(page.next_cursor)}
      />
    </section>
  );
}

interface BatchRowProps {
  readonly batch: BatchView;
  readonly showsOwner: boolean;
  readonly refresh: () => void;
}

function BatchRow({ batch, showsOwner, refresh }: BatchRowProps) {
  const { id, name, pipeline, owner, created_at } = batch;
  return (
    <tr>
      <td class="name">
        <a href={hrefOf("batch", id)}>{name || "Without a name"}</a>
      </td>
      <td class="progress">
        <BatchProgress batch={batch} />
      </td>
      <td class="pipeline" title={formatText(pipeline)}>
        {pipeline.map(({ op }) => op).join(" → ") || "unchanged"}
      </td>
      {showsOwner && <td class="owner">{owner}</td>}
      <td class="age">
        <Ago time={created_at} />
      </td>
      <td class="more">
        <BatchMenu batch={batch} onDone={refresh} />
      </td>
    </tr>
  );
}

function NoBatches() {
  return (
    <Empty icon="layers" title="No batches yet">
      <p>Many images with which the same is done are a batch. Choose more than one for a new job.</p>
      {may("submit") && (
        <a class="button primary" href={hrefOf("newJob")}>
          New job
        </a>
      )}
    </Empty>
  );
}
