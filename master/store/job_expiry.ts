import type { JobRecord } from "../jobs/job.ts";
import type { Database } from "./database.ts";
import { ACTIVE, type JobRow, toRecord } from "./job_row.ts";

/** Which jobs' files, sources and rows have had their time. */
export class JobExpiry {
  constructor(private readonly db: Database) {}

  /** Ended jobs whose files are to go. */
  files(nowMs: number, limit: number): JobRecord[] {
    return this.rows("gone = 0 AND expires_ms <= $ms ORDER BY expires_ms", nowMs, limit);
  }

  /** Ended jobs whose source is to go. */
  sources(nowMs: number, limit: number): JobRecord[] {
    return this.rows("source_expires_ms <= $ms ORDER BY source_expires_ms", nowMs, limit);
  }

  /** Jobs that ended before then. */
  ended(beforeMs: number, limit: number): JobRecord[] {
    return this.rows("ended_ms < $ms ORDER BY ended_ms", beforeMs, limit);
  }

  /** Their files count as gone from now on. */
  filesGone(ids: readonly string[]): void {
    this.mark("gone = 1, source_expires_ms = NULL", ids);
  }

  sourcesGone(ids: readonly string[]): void {
    this.mark("source_expires_ms = NULL", ids);
  }

  /** Paths of the sources that are needed, or kept. */
  sourcesKept(): string[] {
    const sql = `SELECT request ->> '$.source.path' AS path FROM jobs
                 WHERE state IN (${ACTIVE}) OR source_expires_ms IS NOT NULL`;
    return (this.db.prepare(sql).all({}) as { path: string }[]).map(({ path }) => path);
  }

  private rows(which: string, ms: number, limit: number): JobRecord[] {
    const rows = this.db.prepare(`SELECT * FROM jobs WHERE ${which} LIMIT $limit`).all({ ms, limit });
    return (rows as JobRow[]).map(toRecord);
  }

  private mark(what: string, ids: readonly string[]): void {
    if (ids.length === 0) return;
    const sql = `UPDATE jobs SET ${what} WHERE id IN (SELECT value FROM json_each($ids))`;
    this.db.durably(() => this.db.run(sql, { ids: JSON.stringify(ids) }));
  }
}
