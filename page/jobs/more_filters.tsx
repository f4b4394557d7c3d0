import type { TargetedSubmitEvent } from "preact";
import { useId } from "preact/hooks";
import type { JobFilter } from "../../client/client.ts";
import { Button } from "../design/button.tsx";

interface MoreFiltersProps {
  readonly filter: JobFilter;
  readonly isPart: boolean;
  readonly onChange: (changes: Record<string, string | undefined>) => void;
}

const HOUR_MS = 3_600_000;
const SINCE = [
  ["Last hour", HOUR_MS],
  ["Last day", 24 * HOUR_MS],
  ["Last week", 7 * 24 * HOUR_MS],
] as const;

/** When they were created, a label, a batch. */
export function MoreFilters({ filter, isPart, onChange }: MoreFiltersProps) {
  const id = useId();
  const apply = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => `${form.get(name) ?? ""}`.trim();
    const time = (name: string) => text(name) && new Date(text(name)).toISOString();
    const label = [...(filter.label ?? []), text("label")].filter((each) => each !== "");
    onChange({
      ...{ after: time("after"), before: time("before"), batch: text("batch") },
      label: [...new Set(label)].join(","),
    });
    close(event.currentTarget);
  };
  return (
    <form class="stack more_filters" onSubmit={apply}>
      <div class="row">
        {SINCE.map(([name, ms]) => (
          <Button
            key={name}
            onClick={({ currentTarget }) => {
              onChange({ after: new Date(Date.now() - ms).toISOString(), before: undefined });
              close(currentTarget);
            }}
          >
            {name}
          </Button>
        ))}
      </div>
      <div class="field">
        <label for={`${id}after`}>Created since</label>
        <input
          {...{ id: `${id}after`, name: "after", type: "datetime-local", class: "input" }}
          defaultValue={local(filter.after)}
        />
      </div>
      <div class="field">
        <label for={`${id}before`}>Created before</label>
        <input
          {...{ id: `${id}before`, name: "before", type: "datetime-local", class: "input" }}
          defaultValue={local(filter.before)}
        />
      </div>
      <div class="field">
        <label for={`${id}label`}>Label</label>
        <input
          {...{ id: `${id}label`, name: "label", class: "input", placeholder: "project:alpha" }}
          pattern="[\w.\-]{1,64}:[^,]{0,256}"
          title="A name and a value with a colon between: project:alpha"
        />
      </div>
      {!isPart && (
        <div class="field">
          <label for={`${id}batch`}>Batch</label>
          <input
            {...{ id: `${id}batch`, name: "batch", class: "input", placeholder: "Its id", maxLength: 100 }}
            defaultValue={filter.batch ?? ""}
          />
        </div>
      )}
      <div class="row end">
        <Button type="submit" look="primary">
          Apply
        </Button>
      </div>
    </form>
  );
}

const close = (within: Element) => within.closest<HTMLElement>("[popover]")?.hidePopover();

/** As such a field has it: in this place's time, to the minute. */
function local(time: string | undefined): string {
  if (time === undefined) return "";
  const date = new Date(time);
  return new Date(date.getTime() - 60_000 * date.getTimezoneOffset()).toISOString().slice(0, 16);
}
