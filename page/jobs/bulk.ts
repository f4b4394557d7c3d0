/** The same done with many jobs: first it is asked which of them it concerns, then it is done with exactly these. */
import type { Client, JobFilter, JobView } from "../../client/client.ts";
import type { ErrorCode } from "../../shared/errors.ts";

type BulkJobs = Client["bulkJobs"];
export type BulkAction = Parameters<BulkJobs>[0]["body"]["action"];

/** Jobs by their ids, or all that a filter takes. */
export type Which = { readonly ids: readonly string[] } | { readonly filter: JobFilter };

export interface Plan {
  /** With which it can be done. */
  readonly ids: readonly string[];
  /** With how many it cannot, by the reason; those that are not in a state for it have none. */
  readonly refused: ReadonlyMap<ErrorCode | undefined, number>;
}

export interface Done {
  readonly changed: number;
  /** They became something else since they were looked at. */
  readonly refused: number;
}

/** As many as the server takes by their ids. */
const AT_ONCE = 1000;
/** Any; a dry run changes nothing. */
const SOME_PRIORITY = 5;

/** States in which it means anything, where the server says no for no other. */
const MEANT: Partial<Record<BulkAction, readonly JobView["state"][]>> = {
  pause: ["queued", "ingesting", "running", "exporting"],
  resume: ["paused"],
};

const asked = (action: BulkAction, priority: number) => ({
  action,
  ...(action === "priority" && { priority }),
});

/** Which jobs it concerns. Nothing is changed. @throws TesseraError */
export async function planOf(
  bulkJobs: BulkJobs,
  action: BulkAction,
  which: Which,
  signal: AbortSignal,
): Promise<Plan> {
  const refused = new Map<ErrorCode | undefined, number>();
  const count = (code: ErrorCode | undefined, more: number) =>
    refused.set(code, (refused.get(code) ?? 0) + more);
  const filter = "ids" in which ? { ids: [...which.ids] } : { ...which.filter };
  const meant = MEANT[action];
  const states = meant?.filter((state) => !("state" in filter) || filter.state?.includes(state));
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    if (states?.length === 0) break;
    const body = {
      ...asked(action, SOME_PRIORITY),
      filter: { ...filter, ...(states && { state: states }) },
      dry_run: true,
      ...(cursor !== undefined && { cursor }),
    };
    const found = await bulkJobs({ body }, { signal });
    ids.push(...found.changed);
    for (const { code } of found.refused) count(code, 1);
    cursor = found.next_cursor;
  } while (cursor !== undefined);
  if ("ids" in which) {
    const known = ids.length + [...refused.values()].reduce((sum, each) => sum + each, 0);
    if (known < which.ids.length) count(undefined, which.ids.length - known);
  }
  return { ids, refused };
}

/**
 * Does it with the jobs of a plan.
 *
 * @param told with how many it is done by now
 * @throws TesseraError
 */
export async function carryOut(
  bulkJobs: BulkJobs,
  action: BulkAction,
  { ids }: Plan,
  priority: number,
  told: (count: number) => void,
): Promise<Done> {
  let changed = 0;
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const filter = { ids: ids.slice(at, at + AT_ONCE) };
    const outcome = await bulkJobs({ body: { ...asked(action, priority), filter } });
    changed += outcome.changed.length;
    told(Math.min(ids.length, at + AT_ONCE));
  }
  return { changed, refused: ids.length - changed };
}
