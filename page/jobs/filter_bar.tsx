import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { JobFilter } from "../../client/client.ts";
import { Button } from "../design/button.tsx";
import { when, whole } from "../design/format.ts";
import { Icon } from "../design/icon.tsx";
import { Menu } from "../design/menu.tsx";
import { useTopic } from "../shell/live.ts";
import { setSearch } from "../shell/router.ts";
import { useShortcuts } from "../shell/shortcuts.tsx";
import { isEmpty, NO_FILTER, STATE_GROUPS, type StateGroup, toggled } from "./filter.ts";
import { MoreFilters } from "./more_filters.tsx";

type Counts = Readonly<Record<StateGroup["states"][number], number>>;

/** After the last letter. */
const TYPED_MS = 200;

const change = (changes: Parameters<typeof setSearch>[0], isStep = true) =>
  setSearch({ ...changes, cursor: undefined }, { isStep });

interface FilterBarProps {
  readonly filter: JobFilter;
  /** Whether they are looked for among the jobs of a batch only. */
  readonly isPart?: boolean;
}

/** Which jobs are wanted. All of it stands in the address. */
export function FilterBar({ filter, isPart = false }: FilterBarProps) {
  const counts = useSignal<Counts | undefined>(undefined);
  useTopic("stats", (message) => {
    if (message.type === "stats") counts.value = message.stats.jobs;
  });
  const { state = [] } = filter;
  return (
    <search class="filters">
      <Search text={filter.text ?? ""} />
      <fieldset class="row states">
        <legend class="unseen">State</legend>
        {STATE_GROUPS.map((group) => (
          <Button
            key={group.name}
            pressed={group.states.every((each) => state.includes(each))}
            onClick={() => change({ state: toggled(state, group).join(",") })}
          >
            {group.name}
            <Count {...{ group, counts }} isShown={!isPart && isOnlyState(filter)} />
          </Button>
        ))}
      </fieldset>
      <Menu icon="filter" label="More filters" text="More">
        <MoreFilters key={JSON.stringify(filter)} {...{ filter, isPart }} onChange={change} />
      </Menu>
      <Applied filter={filter} />
    </search>
  );
}

const isOnlyState = (filter: JobFilter): boolean => Object.keys(filter).every((name) => name === "state");

/** How many there are of all jobs; not told beside other filters, since these would make it less. */
function Count(props: {
  readonly group: StateGroup;
  readonly counts: Signal<Counts | undefined>;
  readonly isShown: boolean;
}) {
  const { group, counts, isShown } = props;
  if (!isShown || counts.value === undefined) return null;
  const states: readonly (keyof Counts)[] = group.states;
  const count = states.reduce((sum, state) => sum + counts.value![state], 0);
  return <span class="count number">{whole(count)}</span>;
}

function Search({ text }: { readonly text: string }) {
  const input = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: "/", does: "Search", act: () => input.current?.focus() }]);
  const typed = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // Whoever is typing is ahead of the address.
    if (input.current !== null && typed.current === undefined) input.current.value = text;
  }, [text]);
  useEffect(() => () => clearTimeout(typed.current), []);
  return (
    <label class="search">
      <Icon name="search" />
      <span class="unseen">Search by name or id</span>
      <input
        {...{ ref: input, class: "input", type: "search", name: "text", maxLength: 200 }}
        placeholder="Name or id"
        onInput={({ currentTarget: { value } }) => {
          clearTimeout(typed.current);
          typed.current = setTimeout(() => {
            typed.current = undefined;
            change({ text: value.trim() }, false);
          }, TYPED_MS);
        }}
      />
    </label>
  );
}

/** What is asked for beside text and states, each with a way to be rid of it. */
function Applied({ filter }: { readonly filter: JobFilter }) {
  const { label = [], after, before, batch } = filter;
  if (isEmpty(filter)) return null;
  return (
    <div class="row applied">
      {label.map((each) => (
        <Chip
          key={each}
          text={each}
          onRemove={() => change({ label: label.filter((other) => other !== each).join(",") })}
        />
      ))}
      {after && <Chip text={`since ${when(after)}`} onRemove={() => change({ after: undefined })} />}
      {before && <Chip text={`before ${when(before)}`} onRemove={() => change({ before: undefined })} />}
      {batch && <Chip text={`batch ${batch.slice(0, 8)}`} onRemove={() => change({ batch: undefined })} />}
      <Button look="quiet" icon="close" onClick={() => change(NO_FILTER)}>
        Clear the filter
      </Button>
    </div>
  );
}

function Chip({ text, onRemove }: { readonly text: string; readonly onRemove: () => void }) {
  return (
    <span class="chip">
      {text}
      <Button look="quiet" icon="close" label={`Without ${text}`} onClick={onRemove} />
    </span>
  );
}
