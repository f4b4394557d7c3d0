import { TesseraError } from "../../shared/errors.ts";
import type { JobStore } from "../store/store.ts";
import type { JobRecord, JobView } from "./job.ts";
import { type UnderWay, viewOf } from "./progress.ts";

interface ShownJobsNeeds {
  readonly store: Pick<JobStore, "get">;
  readonly runner: { underWay(id: string): UnderWay | undefined };
  readonly now: () => number;
}

/** Jobs as they are shown: what is written down of them, and how far they are by now. */
export class ShownJobs {
  constructor(private readonly needs: ShownJobsNeeds) {}

  find(id: string): JobView | undefined {
    const record = this.needs.store.get(id);
    return record && this.show(record);
  }

  /** @throws job_not_found */
  view(id: string): JobView {
    return this.show(this.record(id));
  }

  /** @throws job_not_found */
  record(id: string): JobRecord {
    const record = this.needs.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    return record;
  }

  show(record: JobRecord): JobView {
    const { runner, now } = this.needs;
    return viewOf(record, runner.underWay(record.id), now());
  }
}
