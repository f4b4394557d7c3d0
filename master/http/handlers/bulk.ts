import type { BULK } from "../../../shared/api/routes/bulk.ts";
import { TesseraError } from "../../../shared/errors.ts";
import type { Master } from "../../master.ts";
import { changeJobs } from "../change_jobs.ts";
import { cursorOf, placeOf } from "../cursor.ts";
import type { Handlers } from "../route_call.ts";
import { filterOf } from "./job_filter.ts";

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
    const outcome = await changeJobs(master, { action, ids: jobs.map(({ id }) => id), priority, dryRun });
    return { matched, ...outcome, ...(next !== undefined && { next_cursor: cursorOf(next) }) };
  },
});
