import { Database as Sqlite, type Statement } from "bun:sqlite";
import { TesseraError } from "../../shared/errors.ts";
import { MIGRATIONS } from "./schema.ts";

type Value = string | number | null | Uint8Array;
type Values = Record<string, Value>;

/** What a file holds, and whether other processes may use it at the same time. */
export interface FileKind {
  readonly migrations: readonly string[];
  readonly shared: boolean;
}

const JOBS: FileKind = { migrations: MIGRATIONS, shared: false };

/** How long a shared file's other users are waited for; each holds it for a few milliseconds. */
const BUSY_MS = 2000;

/** An SQLite file, which its stores share. */
export class Database {
  private readonly db: Sqlite;
  private readonly statements = new Map<string, Statement>();

  /**
   * @param durable false for one that is thrown away: the disk is never waited for
   * @throws folder_in_use when another process, or another one here, has it and it is not shared; folder_too_new,
   * folder_damaged, folder_unusable
   */
  constructor(
    path: string,
    private readonly durable: boolean,
    private readonly kind: FileKind = JOBS,
  ) {
    this.db = open(path);
    try {
      // One master a folder: a second one would take up the first one's jobs and remove its uploads. The system drops
      // the lock with the process, however that ends.
      this.db.run(kind.shared ? `PRAGMA busy_timeout = ${BUSY_MS}` : "PRAGMA locking_mode = EXCLUSIVE");
      this.db.run("PRAGMA journal_mode = WAL");
      this.db.run(`PRAGMA synchronous = ${durable ? "NORMAL" : "OFF"}`);
      this.db.run("PRAGMA foreign_keys = ON");
      this.migrate();
    } catch (thrown) {
      this.db.close();
      throw asFault(thrown, path);
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
   * undoes none. Within another transaction it is that one's end that waits.
   */
  durably<T>(work: () => T): T {
    if (!this.durable || this.db.inTransaction) return this.atomically(work);
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
    const { migrations } = this.kind;
    this.atomically(() => {
      const { user_version } = this.db.query("PRAGMA user_version").get() as { user_version: number };
      if (user_version > migrations.length) throw new TesseraError("folder_too_new");
      if (user_version === migrations.length) return;
      for (const migration of migrations.slice(user_version)) this.db.run(migration);
      this.db.run(`PRAGMA user_version = ${migrations.length}`);
    });
  }
}

/** @throws folder_unusable */
function open(path: string): Sqlite {
  try {
    return new Sqlite(path, { create: true, strict: true });
  } catch (thrown) {
    throw asFault(thrown, path);
  }
}

/** What keeps a file from being opened, by SQLite's own codes. */
function asFault(cause: unknown, path: string): unknown {
  const code = String((cause as { code?: unknown }).code);
  if (code === "SQLITE_BUSY") return new TesseraError("folder_in_use", "", { cause });
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return new TesseraError("folder_damaged", `It is ${path}.`, { cause });
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|IOERR)/.test(code))
    return new TesseraError("folder_unusable", `It was ${path} (${code}).`, { cause });
  return cause;
}
