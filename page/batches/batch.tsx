import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { formatText } from "../../shared/pipeline/text.ts";
import { Ago } from "../design/ago.tsx";
import { Empty } from "../design/empty.tsx";
import { Icon } from "../design/icon.tsx";
import { filterOf, isEmpty } from "../jobs/filter.ts";
import { FilterBar } from "../jobs/filter_bar.tsx";
import { JobHistory } from "../jobs/job_history.tsx";
import { NothingFits } from "../jobs/nothing_fits.tsx";
import { useTopic } from "../shell/live.ts";
import { go, hrefOf, place } from "../shell/router.ts";
import { may, session } from "../shell/session.ts";
import { useTitle } from "../shell/title.ts";
import type { AskBatchProps } from "./ask_batch.tsx";
import { BatchActions } from "./batch_actions.tsx";
import { BatchProgress, type BatchView } from "./batch_progress.tsx";

export function Batch() {
  const { id } = place.value;
  const batch = useSignal<BatchView | undefined>(undefined);
  const isGone = useSignal(false);
  const isLeaving = useRef(false);
  useTitle(batch.value?.name || "Batch");
  useTopic(`batch:${id}`, (message) => {
    if (message.type === "batch") batch.value = message.batch;
    else isGone.value = true;
  });
  if (isGone.value && !isLeaving.current) return <NoBatch />;
  return batch.value === undefined ? null : (
    <Shown
      batch={batch.value}
      onDelete={() => {
        isLeaving.current = true;
      }}
      onDone={(action) => action === "delete" && go(hrefOf("batches"), { replace: true })}
    />
  );
}

function Shown(props: Omit<AskBatchProps, "asked">) {
  const { batch } = props;
  const { id, name, owner, created_at, pipeline } = batch;
  const { batch: _, ...asked } = filterOf(place.value.search);
  return (
    <div class="stack">
      <div class="row apart">
        <div>
          <a class="back" href={hrefOf("batches")}>
            <Icon name="arrow_left" />
            Batches
          </a>
          <h1>{name || "Batch without a name"}</h1>
        </div>
        <BatchActions {...props} />
      </div>
      <div class="card stack">
        <BatchProgress batch={batch} />
        <dl class="batch_facts">
          <div>
            <dt>Begun</dt>
            <dd>
              <Ago time={created_at} />
            </dd>
          </div>
          {may("admin") && session.value?.by !== "nothing" && (
            <div>
              <dt>Owner</dt>
              <dd>{owner}</dd>
            </div>
          )}
          <div>
            <dt>Pipeline</dt>
            <dd>
              <code>{formatText(pipeline) || "unchanged"}</code>
            </dd>
          </div>
        </dl>
      </div>
      <FilterBar filter={asked} isPart />
      <JobHistory filter={{ ...asked, batch: id }} empty={isEmpty(asked) ? <NoImages /> : <NothingFits />} />
    </div>
  );
}

function NoImages() {
  return (
    <Empty icon="image" title="No images yet">
      <p>Those that are sent to this batch are seen here.</p>
    </Empty>
  );
}

function NoBatch() {
  return (
    <Empty icon="search" title="There is no such batch" isView>
      <p>It was deleted, is somebody else's, or its address is mistyped.</p>
      <a class="button" href={hrefOf("batches")}>
        To the batches
      </a>
    </Empty>
  );
}
