import type { JobFilterView } from "../../../shared/api/job_filter.ts";
import type { Caller } from "../../access/caller.ts";
import { ownerOf } from "../../access/own.ts";
import type { JobFilter } from "../../store/job_list.ts";

/** What a caller asks for, of the jobs that it may see. */
export function filterOf(asked: JobFilterView, caller: Caller): JobFilter {
  const { state, label, after, before, text, batch } = asked;
  return {
    ...{ owner: ownerOf(caller), states: state, text, batch },
    labels: label?.map(labelOf),
    ...(after !== undefined && { fromMs: Date.parse(after) }),
    ...(before !== undefined && { untilMs: Date.parse(before) }),
  };
}

/** `name:value` in its two parts; the value may have further colons. */
export function labelOf(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1)];
}
