/** Which jobs are shown. It stands in the address under the same names as in `GET /v1/jobs`. */
import type { JobFilter, JobView } from "../../client/client.ts";

export type State = JobView["state"];

/** States that belong together for people, under one word. */
export const STATE_GROUPS = [
  { name: "Queued", states: ["queued"] },
  { name: "At work", states: ["ingesting", "running", "exporting"] },
  { name: "Paused", states: ["paused"] },
  { name: "Done", states: ["done"] },
  { name: "Failed", states: ["failed"] },
  { name: "Cancelled", states: ["cancelled"] },
] as const satisfies readonly { readonly name: string; readonly states: readonly State[] }[];

export type StateGroup = (typeof STATE_GROUPS)[number];

const STATES: ReadonlySet<string> = new Set(STATE_GROUPS.flatMap(({ states }): readonly State[] => states));
const LABEL = /^[\w.-]{1,64}:[^,]{0,256}$/;
const TEXT_MAX = 200;

/** What an address asks for; what no address of ours has is passed over. */
export function filterOf(search: URLSearchParams): JobFilter {
  const list = (name: string) => (search.get(name) ?? "").split(",").filter((text) => text !== "");
  const state = list("state").filter((text) => STATES.has(text)) as State[];
  const label = list("label").filter((text) => LABEL.test(text));
  const text = (search.get("text") ?? "").slice(0, TEXT_MAX);
  const [after, before] = ["after", "before"].map((name) => timeOf(search.get(name)));
  const batch = search.get("batch") ?? "";
  return {
    ...(state.length > 0 && { state: [...new Set(state)] }),
    ...(label.length > 0 && { label: [...new Set(label)] }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(text !== "" && { text }),
    ...(batch !== "" && { batch }),
  };
}

/** Undefined for what is no time. */
const timeOf = (text: string | null): string | undefined => {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

export const isEmpty = (filter: JobFilter): boolean => Object.keys(filter).length === 0;

/** What `setSearch` takes to leave no filter, and no page of one. */
export const NO_FILTER = {
  ...{ state: undefined, label: undefined, after: undefined, before: undefined },
  ...{ text: undefined, batch: undefined, cursor: undefined },
} as const;

/** Whether the server would have this job in the list. */
export function fits(job: JobView, { state, label, after, before, text, batch }: JobFilter): boolean {
  const created = Date.parse(job.created_at);
  const has = (wanted: string) => {
    const colon = wanted.indexOf(":");
    return job.labels[wanted.slice(0, colon)] === wanted.slice(colon + 1);
  };
  const part = text?.toLowerCase();
  return (
    (state === undefined || state.includes(job.state)) &&
    (label === undefined || label.every(has)) &&
    (after === undefined || created >= Date.parse(after)) &&
    (before === undefined || created < Date.parse(before)) &&
    (batch === undefined || job.batch === batch) &&
    (part === undefined || [job.source.name, job.id].some((name) => name.toLowerCase().includes(part)))
  );
}

/** The states with those of a group, or without them if it has them all. */
export function toggled(chosen: readonly State[], { states }: StateGroup): State[] {
  const all: readonly State[] = states;
  return all.every((state) => chosen.includes(state))
    ? chosen.filter((state) => !all.includes(state))
    : [...chosen.filter((state) => !all.includes(state)), ...all];
}
