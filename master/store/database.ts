import { Database as Sqlite, type Statement } from "bun:sqlite";
import { TesseraError } from "../../shared/errors.ts";
import { MIGRATIONS } from "./schema.ts";

type Value = string | number | null | Uint8Array;
type Values = Record<string, Value>;

/** The master's one SQLite file, which its stores share. */
export class Database {
  private readonly db: Sqlite;
  private readonly statements = new Map<string, Statement>();

  /**
   * @param durable false for one that is thrown away: the disk is never waited for
   * @throws folder_in_use when another process, or another one here, has it open; folder_too_new
   */
  constructor(
    path: string,
    private readonly durable: boolean,
  ) {
    this.db = new Sqlite(path, { create: true, strict: true });
    try {
      // One master a folder: a second one would take up the first one's jobs and remove its uploads. The system drops
      // the lock with the process, however that ends.
      this.db.run("PRAGMA locking_mode = EXCLUSIVE");
      this.db.run("PRAGMA journal_mode = WAL");
      this.db.run(`PRAGMA synchronous = ${durable ? "NORMAL" : "OFF"}`);
      this.db.run("PRAGMA foreign_keys = ON");
      this.migrate();
    } catch (thrown) {
      this.db.close();
      const code = (thrown as { code?: unknown }).code;
      throw code === "SQLITE_BUSY" ? new TesseraError("folder_in_use", "", { cause: thrown }) : thrown;
    }
  }

  close(): void {
    for (const statement of this.statements.values()) statement.finalize();
    this.statements.clear();
    this.db.close();
  }

  /**
   * Waits for the disk, for what somebody is told or what files are removed upon. The rest need not: a commit that a
   * power failure undoes costs work, since commits are undone from the last one backwards, and a killed process
   * undoes none.
   */
  durably<T>(work: () => T): T {
    if (!this.durable) return this.atomically(work);
    this.db.run("PRAGMA synchronous = FULL");
    try {
      return this.atomically(work);
    } finally {
      this.db.run("PRAGMA synchronous = NORMAL");
    }
  }

  /** Always immediate: a deferred transaction that turns into a write can be refused in spite of the time-out. */
  atomically<T>(work: () => T): T {
    return this.db.inTransaction ? work() : this.db.transaction(work).immediate();
  }

  run(sql: string, values: Values): { changes: number } {
    return this.prepare(sql).run(values);
  }

  prepare(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  /** All or nothing, so that a crash in the middle leaves the version that was there. */
  private migrate(): void {
    const { user_version } = this.db.query("PRAGMA user_version").get() as { user_version: number };
    if (user_version > MIGRATIONS.length) throw new TesseraError("folder_too_new");
    const missing = MIGRATIONS.slice(user_version);
    if (missing.length === 0) return;
    this.atomically(() => {
      for (const migration of missing) this.db.run(migration);
      this.db.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
    });
  }
}
