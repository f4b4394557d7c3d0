import type { Master } from "../../master.ts";
import { Feed, type FeedOptions, type StateMessage } from "../feed.ts";
import { sorted } from "./sorted.ts";

/** Jobs that a snapshot has. */
const JOBS_SHOWN = 100;
/** Beyond it the whole is told, which is less. */
const REMEMBERED_MAX = 2 * JOBS_SHOWN;

/** All jobs of an owner, or everyone's. */
export class JobsFeed extends Feed<string> {
  constructor(
    private readonly master: Master,
    private readonly owner: string | undefined,
    options: FeedOptions,
  ) {
    super(options, REMEMBERED_MAX);
  }

  override jobTouched(id: string): void {
    this.touch(id);
  }

  protected override snapshot(seq: number): StateMessage {
    const jobs = this.master.jobs(JOBS_SHOWN, this.owner);
    return { type: "jobs", topic: "jobs", seq, snapshot: true, jobs, gone: [] };
  }

  protected override delta(ids: ReadonlySet<string>, seq: number): StateMessage {
    const { found: jobs, gone } = sorted(ids, (id) => this.master.job(id));
    return { type: "jobs", topic: "jobs", seq, snapshot: false, jobs, gone };
  }
}
