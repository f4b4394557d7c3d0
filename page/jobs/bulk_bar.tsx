import type { Signal } from "@preact/signals";
import type { JobFilter } from "../../client/client.ts";
import { Button } from "../design/button.tsx";
import type { BulkAction } from "./bulk.ts";
import type { BulkRequest } from "./bulk_dialog.tsx";
import { jobs, WORDS } from "./bulk_words.ts";
import { isEmpty } from "./filter.ts";
import type { Selection } from "./selection.ts";

interface BulkBarProps {
  readonly selection: Selection;
  readonly filter: JobFilter;
  /** Whether the filter takes jobs that are on other pages. */
  readonly hasMore: boolean;
  readonly asked: Signal<BulkRequest | undefined>;
}

const ACTIONS: readonly BulkAction[] = ["pause", "resume", "retry", "priority", "cancel", "delete"];

/** What can be done with the jobs that are chosen; there while some are. */
export function BulkBar({ selection, filter, hasMore, asked }: BulkBarProps) {
  if (selection.isEmpty.value) return null;
  const isAll = selection.isAll.value;
  const which = isAll ? { filter } : { ids: selection.ids };
  return (
    <div class="bulk row apart" role="toolbar" aria-label="Selected jobs">
      <div class="row">
        <strong class="number" role="status">
          {isAll
            ? isEmpty(filter)
              ? "All jobs"
              : "All that fit the filter"
            : `${jobs(selection.size.value)} selected`}
        </strong>
        {hasMore && !isAll && (
          <Button
            look="quiet"
            onClick={() => {
              selection.isAll.value = true;
            }}
          >
            {isEmpty(filter) ? "Select all jobs" : "Select all that fit the filter"}
          </Button>
        )}
        <Button look="quiet" onClick={() => selection.clear()}>
          Clear
        </Button>
      </div>
      <div class="row">
        {ACTIONS.map((action) => (
          <Button
            key={action}
            icon={WORDS[action].icon}
            look={action === "delete" ? "danger" : "plain"}
            onClick={() => {
              asked.value = { action, which };
            }}
          >
            {action === "priority" ? "Priority" : WORDS[action].does}
          </Button>
        ))}
      </div>
    </div>
  );
}
