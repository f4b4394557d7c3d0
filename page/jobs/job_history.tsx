import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { JobFilter } from "../../client/client.ts";
import { Button } from "../design/button.tsx";
import { Empty } from "../design/empty.tsx";
import { Pager } from "../design/pager.tsx";
import { api } from "../shell/api.ts";
import { useTopic } from "../shell/live.ts";
import { place, setSearch } from "../shell/router.ts";
import { may, session, wantsSignIn } from "../shell/session.ts";
import { useShortcuts } from "../shell/shortcuts.tsx";
import { BulkBar } from "./bulk_bar.tsx";
import { BulkDialog, type BulkRequest } from "./bulk_dialog.tsx";
import { Fault } from "./fault.tsx";
import { JobList } from "./job_list.ts";
import { JobTable } from "./job_table.tsx";
import { rowKeys } from "./row_keys.ts";
import { Selection } from "./selection.ts";

interface JobHistoryProps {
  readonly filter: JobFilter;
  /** What stands there when the filter takes nothing. */
  readonly empty: ComponentChildren;
}

/** Jobs, the newest first, page by page; which page it is stands in the address. */
export function JobHistory({ filter, empty }: JobHistoryProps) {
  const table = useRef<HTMLTableElement>(null);
  const fault = useSignal<unknown>(undefined);
  const asked = useSignal<BulkRequest | undefined>(undefined);
  const selection = useRef<Selection>(undefined);
  selection.current ??= new Selection();
  const chosen = selection.current;
  const ref = useRef<JobList>(undefined);
  ref.current ??= new JobList({
    listJobs: api.listJobs,
    isHeld: () => !chosen.isEmpty.peek() || asked.peek() !== undefined || isPointedAt(table.current),
    onFault: (thrown) => {
      if (!wantsSignIn(thrown)) fault.value = thrown;
    },
  });
  const list = ref.current;
  const cursor = place.value.search.get("cursor") ?? undefined;
  useTopic("jobs", (message) => list.hear(message));
  const wanted = JSON.stringify(filter);
  const who = session.value;
  useEffect(() => {
    fault.value = undefined;
    chosen.clear();
    void list.load({ filter, cursor });
  }, [wanted, cursor, who]);
  useEffect(() => () => list.end(), []);
  useSignalEffect(() => {
    chosen.keepOnly(list.page.value?.rows.map((row) => row.peek().job.id) ?? []);
  });
  const page = list.page.value;
  const turn = (to: string | undefined) => {
    // What is shown may be of another filter than the address.
    if (list.isComing.peek()) return;
    setSearch({ cursor: to }, { isStep: true });
    table.current?.scrollIntoView({ block: "nearest" });
  };
  const newer = page && !page.isFirst ? () => turn(page.newer) : undefined;
  const older = page?.older !== undefined ? () => turn(page.older) : undefined;
  useShortcuts([
    ...rowKeys(table, (id, isRange) => chosen.toggle(id, idsOf(list), { isRange })),
    { keys: "n", does: "Older jobs", act: () => older?.() },
    { keys: "p", does: "Newer jobs", act: () => newer?.() },
  ]);
  if (fault.value !== undefined) return <Fault thrown={fault.value} onRetry={() => reload()} />;
  return (
    <section class="stack job_history" aria-label="Jobs">
      <Waiting list={list} onShow={() => (page?.isFirst ? list.refresh() : turn(undefined))} />
      {page?.rows.length === 0 && (page.isFirst ? empty : <PastTheEnd />)}
      {page !== undefined && page.rows.length > 0 && (
        <JobTable
          {...{ element: table, rows: page.rows, isComing: list.isComing.value, asked }}
          selection={may("operate") ? chosen : undefined}
          showsOwner={may("admin") && session.value?.by !== "nothing"}
          showsBatch={filter.batch === undefined}
          onLeave={() => list.release()}
        />
      )}
      <Pager label="Jobs" onNewer={newer} onOlder={older} />
      <BulkBar
        {...{
          selection: chosen,
          filter,
          asked,
          hasMore: page?.older !== undefined || page?.isFirst === false,
        }}
      />
      <BulkDialog asked={asked} onDone={() => done()} />
    </section>
  );

  function done(): void {
    chosen.clear();
    void list.refresh();
  }

  function reload(): void {
    fault.value = undefined;
    void list.load({ filter, cursor });
  }
}

const idsOf = (list: JobList): string[] => list.page.peek()?.rows.map((row) => row.peek().job.id) ?? [];

/** Somebody's pointer or focus is on it, or it was scrolled to be read. */
const isPointedAt = (element: HTMLElement | null): boolean =>
  element !== null && (element.matches(":hover, :focus-within") || element.getBoundingClientRect().top < 0);

/** What has come since; reserves its place, so that nothing moves when something does. */
function Waiting({ list, onShow }: { readonly list: JobList; readonly onShow: () => unknown }) {
  const count = useComputed(() => list.waiting.value.size);
  return (
    <div class="new_jobs" role="status">
      {count.value > 0 && (
        <Button look="quiet" icon="chevron_up" onClick={onShow}>
          {count.value === 1 ? "1 new job" : `${count.value} new jobs`}
        </Button>
      )}
    </div>
  );
}

function PastTheEnd() {
  return (
    <Empty icon="search" title="No jobs are left here">
      <p>What stood on this page was deleted.</p>
      <Button onClick={() => setSearch({ cursor: undefined })}>To the newest</Button>
    </Empty>
  );
}
