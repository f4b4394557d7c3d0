import type { SHOWN_STATES } from "../../shared/api/states.ts";
import type { JobRecord } from "../jobs/job.ts";
import type { Database } from "./database.ts";
import { type JobRow, toRecord } from "./job_row.ts";

type ShownState = (typeof SHOWN_STATES)[number];

interface BatchRow {
  number: number;
  id: string;
  owner: string;
  name: string;
  options: string;
  created_ms: number;
}

export interface BatchRecord {
  readonly number: number;
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  /** What its creator asked for each image. */
  readonly options: object;
  readonly createdMs: number;
}

/** Jobs of a batch in one state. */
export interface BatchCount {
  readonly state: ShownState;
  readonly jobs: number;
  readonly tilesDone: number;
  readonly tiles: number;
}

export interface BatchPage {
  readonly batches: readonly BatchRecord[];
  /** Where the next page begins, if there is one. */
  readonly next?: number;
  /** Where the page before begins, unless that is the list's beginning. */
  readonly previous?: number;
}

/** What many images have in common; which jobs are a batch's stands with the jobs. */
export class BatchStore {
  constructor(
    private readonly db: Database,
    private readonly now: () => number,
  ) {}

  insert(id: string, owner: string, name: string, options: object): void {
    this.db.durably(() =>
      this.db.run(
        "INSERT INTO batches (id, owner, name, options, created_ms) VALUES ($id, $owner, $name, $options, $now)",
        { id, owner, name, options: JSON.stringify(options), now: this.now() },
      ),
    );
  }

  /** Forgets those that have no jobs and are older than this. @returns which they were */
  forgetEmpty(beforeMs: number): Pick<BatchRecord, "id" | "owner">[] {
    const sql = `DELETE FROM batches WHERE created_ms < $beforeMs
      AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.batch = batches.id) RETURNING id, owner`;
    return this.db.atomically(
      () => this.db.prepare(sql).all({ beforeMs }) as Pick<BatchRecord, "id" | "owner">[],
    );
  }

  /** What its jobs say of it stays. */
  remove(id: string): void {
    this.db.durably(() => this.db.run("DELETE FROM batches WHERE id = $id", { id }));
  }

  /** Whether so many batches of an owner, the newest ones, have no jobs. */
  areEmpty(owner: string, count: number): boolean {
    const sql = `SELECT sum(NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.batch = newest.id)) AS empty
      FROM (SELECT id FROM batches WHERE owner = $owner ORDER BY number DESC LIMIT $count) AS newest`;
    return (this.db.prepare(sql).get({ owner, count }) as { empty: number | null }).empty === count;
  }

  get(id: string): BatchRecord | undefined {
    const row = this.db.prepare("SELECT * FROM batches WHERE id = $id").get({ id }) as BatchRow | null;
    return row === null ? undefined : recordOf(row);
  }

  /** The newest first; of one owner, or of all. */
  page(owner: string | undefined, limit: number, before?: number): BatchPage {
    const whose = owner === undefined ? "" : "AND owner = $owner";
    const values = { before: before ?? Number.MAX_SAFE_INTEGER, ...(owner !== undefined && { owner }) };
    const rows = this.db
      .prepare(`SELECT * FROM batches WHERE number < $before ${whose} ORDER BY number DESC LIMIT $limit`)
      .all({ ...values, limit: limit + 1 }) as BatchRow[];
    const newer = `SELECT number FROM batches WHERE number >= $before ${whose} ORDER BY number LIMIT 1 OFFSET $limit`;
    const previous = this.db.prepare(newer).get({ ...values, limit }) as { number: number } | null;
    const shown = rows.slice(0, limit);
    return {
      batches: shown.map(recordOf),
      ...(rows.length > limit && { next: shown.at(-1)!.number }),
      ...(previous !== null && { previous: previous.number }),
    };
  }

  counts(id: string): BatchCount[] {
    const sql = "SELECT state, jobs, tiles_done AS tilesDone, tiles FROM batch_sums WHERE batch = $id";
    return this.db.prepare(sql).all({ id }) as BatchCount[];
  }

  size(id: string): number {
    const sql = "SELECT coalesce(sum(jobs), 0) AS jobs FROM batch_sums WHERE batch = $id";
    return (this.db.prepare(sql).get({ id }) as { jobs: number }).jobs;
  }

  /** Its jobs that are done and whose results are kept, in their order; from behind the one of that number. */
  done(id: string, limit: number, after: number): { number: number; record: JobRecord }[] {
    const sql = `SELECT * FROM jobs WHERE batch = $id AND number > $after AND state = 'done' AND gone = 0
      ORDER BY number LIMIT $limit`;
    const rows = this.db.prepare(sql).all({ id, limit, after }) as JobRow[];
    return rows.map((row) => ({ number: row.number, record: toRecord(row) }));
  }
}

const recordOf = ({ created_ms: createdMs, options, ...row }: BatchRow): BatchRecord => ({
  ...{ ...row, createdMs, options: JSON.parse(options) as object },
});
