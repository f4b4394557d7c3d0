import type { DeadLetter } from "../../shared/bus/messages.ts";
import type { Database } from "./database.ts";

interface LetterRow {
  readonly number: number;
  readonly letter: string;
}

export interface StoredLetter {
  /** Later ones have higher ones. */
  readonly number: number;
  readonly letter: DeadLetter;
}

/** The tiles that were given up on: one of each job that has failed by it and was not tried again. */
export class DeadLetterStore {
  constructor(private readonly db: Database) {}

  /** It lasts once its job's failure does, which is written after it. A later one of the same job takes its place. */
  note(letter: DeadLetter): void {
    const sql = `INSERT OR REPLACE INTO dead_letters (job, owner, at_ms, letter)
      SELECT id, owner, $atMs, $letter FROM jobs WHERE id = $job`;
    const { job, atMs } = letter;
    this.db.atomically(() => this.db.run(sql, { job, atMs, letter: JSON.stringify(letter) }));
  }

  /** The newest first; of one owner, or of all. A job that was cancelled all the same has none. */
  page(owner: string | undefined, limit: number, before = Number.MAX_SAFE_INTEGER): StoredLetter[] {
    const which = owner === undefined ? "" : "AND d.owner = $owner";
    const sql = `SELECT d.number, d.letter FROM dead_letters d JOIN jobs j ON j.id = d.job
      WHERE d.number < $before ${which} AND j.state = 'failed' ORDER BY d.number DESC LIMIT $limit`;
    const values = { limit, before, ...(owner !== undefined && { owner }) };
    return (this.db.prepare(sql).all(values) as LetterRow[]).map(({ number, letter }) => ({
      ...{ number, letter: JSON.parse(letter) as DeadLetter },
    }));
  }
}
