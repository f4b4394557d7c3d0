import type { Signal } from "@preact/signals";
import { useComputed } from "@preact/signals";
import type { RefObject } from "preact";
import type { Row } from "./job_list.ts";
import { JobRow, type RowProps } from "./job_row.tsx";
import type { Selection } from "./selection.ts";

interface JobTableProps extends Pick<RowProps, "showsOwner" | "showsBatch" | "asked"> {
  readonly element: RefObject<HTMLTableElement | null>;
  readonly rows: readonly Signal<Row>[];
  /** Nothing where one may not do anything with jobs. */
  readonly selection: Selection | undefined;
  readonly isComing: boolean;
  /** Nobody points at it any more, and the focus has left it. */
  readonly onLeave: () => void;
}

export function JobTable(props: JobTableProps) {
  const { element, rows, selection, isComing, showsOwner, showsBatch, asked, onLeave } = props;
  const ids = rows.map((row) => row.peek().job.id);
  return (
    <table
      ref={element}
      class="table jobs"
      aria-label="Jobs"
      aria-busy={isComing}
      onMouseLeave={onLeave}
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) queueMicrotask(onLeave);
      }}
    >
      <thead>
        <tr>
          {selection && (
            <th class="pick">
              <PickAll ids={ids} selection={selection} />
            </th>
          )}
          <th class="picture">
            <span class="unseen">Picture</span>
          </th>
          <th>Name</th>
          <th>State</th>
          <th>Progress</th>
          <th class="number">Size</th>
          <th>Pipeline</th>
          {showsOwner && <th>Owner</th>}
          <th>Created</th>
          <th>
            <span class="unseen">More</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Selectable key={row.peek().job.id} {...{ row, ids, selection, showsOwner, showsBatch, asked }} />
        ))}
      </tbody>
    </table>
  );
}

interface SelectableProps extends Pick<RowProps, "row" | "showsOwner" | "showsBatch" | "asked"> {
  readonly ids: readonly string[];
  readonly selection: Selection | undefined;
}

/** Whether a row is chosen concerns that row alone. */
function Selectable({ ids, selection, ...row }: SelectableProps) {
  const { id } = row.row.peek().job;
  const isChosen = useComputed(() => selection?.has(id) ?? false);
  const choose = selection && ((isRange: boolean) => selection.toggle(id, ids, { isRange }));
  return <JobRow {...row} isChosen={isChosen} onChoose={choose} />;
}

function PickAll({ ids, selection }: { readonly ids: readonly string[]; readonly selection: Selection }) {
  const chosen = ids.filter((id) => selection.has(id)).length;
  return (
    <label>
      <input
        type="checkbox"
        aria-label="Select all on this page"
        checked={chosen > 0 && chosen === ids.length}
        indeterminate={chosen > 0 && chosen < ids.length}
        onClick={() => selection.togglePage(ids)}
      />
    </label>
  );
}
