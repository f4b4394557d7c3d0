import type { BulkOutcome, BulkRequest } from "../../shared/api/routes/bulk.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import type { JobView } from "../jobs/job.ts";
import type { Master } from "../master.ts";

/** Jobs that are changed at a time; between them others have their turn. */
const AT_ONCE = 100;

type Action = BulkRequest["action"];

interface Change {
  readonly action: Action;
  readonly ids: readonly string[];
  /** For the action of that name. */
  readonly priority?: number | undefined;
  readonly dryRun?: boolean;
}

/** Does the same to many jobs; says whom it was done to, and who refused. */
export async function changeJobs(
  master: Master,
  { action, ids, priority, dryRun = false }: Change,
): Promise<Pick<BulkOutcome, "changed" | "refused">> {
  const outcome: Pick<BulkOutcome, "changed" | "refused"> = { changed: [], refused: [] };
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const allowed: string[] = [];
    for (const id of ids.slice(at, at + AT_ONCE)) {
      const job = master.job(id);
      const code = job === undefined ? "job_not_found" : refusalOf(master, job, action);
      if (code === undefined) allowed.push(id);
      else outcome.refused.push({ id, code });
    }
    if (!dryRun) await apply(master, action, allowed, priority);
    outcome.changed.push(...allowed);
  }
  return outcome;
}

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
