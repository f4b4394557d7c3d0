import type { BULK, BulkOutcome, BulkRequest } from "../../../shared/api/routes/bulk.ts";
import { type ErrorCode, TesseraError } from "../../../shared/errors.ts";
import type { JobView } from "../../jobs/job.ts";
import type { Master } from "../../master.ts";
import { cursorOf, placeOf } from "../cursor.ts";
import type { Handlers } from "../route_call.ts";
import { filterOf } from "./job_filter.ts";

/** Jobs that are changed at a time; between them others have their turn. */
const AT_ONCE = 100;

type Action = BulkRequest["action"];

export const bulkHandlers = (master: Master): Handlers<typeof BULK> => ({
  async bulkJobs({ body, caller }) {
    const { action, priority, cursor, dry_run: dryRun = false, limit = 1000 } = body;
    if ((action === "priority") !== (priority !== undefined))
      throw new TesseraError(
        "request_invalid",
        "priority: belongs to the action 'priority', and to no other.",
      );
    const filter = { ...filterOf(body.filter, caller), ids: body.filter.ids };
    const place = placeOf(cursor);
    const matched = master.count(filter, place);
    const { jobs, next } = master.list(filter, limit, place);
    const outcome: BulkOutcome = {
      ...{ matched, changed: [], refused: [] },
      ...(next !== undefined && { next_cursor: cursorOf(next) }),
    };
    for (let at = 0; at < jobs.length; at += AT_ONCE) {
      const allowed: string[] = [];
      for (const { id } of jobs.slice(at, at + AT_ONCE)) {
        const job = master.job(id);
        const code = job === undefined ? "job_not_found" : refusalOf(master, job, action);
        if (code === undefined) allowed.push(id);
        else outcome.refused.push({ id, code });
      }
      if (!dryRun) await apply(master, action, allowed, priority);
      outcome.changed.push(...allowed);
    }
    return outcome;
  },
});

/** Why an action is refused for a job, if it is. */
function refusalOf(master: Master, { id, ended_at }: JobView, action: Action): ErrorCode | undefined {
  if (action === "delete") return undefined;
  if (action === "retry") return master.canRetry(id) ? undefined : "job_not_failed";
  return ended_at === undefined ? undefined : "job_not_active";
}

async function apply(
  master: Master,
  action: Action,
  ids: readonly string[],
  priority: number | undefined,
): Promise<void> {
  if (action === "delete") return master.remove(ids);
  const one = (id: string) =>
    action === "priority" ? master.setPriority(id, priority!) : master[action](id);
  master.together(() => {
    for (const id of ids) one(id);
  });
  await new Promise(setImmediate);
}
