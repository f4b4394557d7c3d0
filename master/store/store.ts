import { Database, type Statement } from "bun:sqlite";
import { type ErrorCode, isErrorCode, TesseraError } from "../../shared/errors.ts";
import type { Step } from "../../shared/ops/op.ts";
import {
  ACTIVE_STATES,
  type ActiveState,
  type EndedState,
  type JobRecord,
  type JobRequest,
  type JobResult,
  type JobState,
  PRIORITY,
} from "../jobs/job.ts";
import { MIGRATIONS } from "./schema.ts";

const sqlList = (states: readonly JobState[]): string => states.map((state) => `'${state}'`).join(", ");
const ACTIVE = sqlList(ACTIVE_STATES);

interface JobRow {
  id: string;
  state: JobState;
  request: string;
  created_ms: number;
  ended_ms: number | null;
  error_code: string | null;
  error_text: string | null;
  result: string | null;
  priority: number;
  paused: number;
}

export interface TriedTile {
  readonly tile: number;
  readonly attempts: number;
  readonly done: boolean;
}

export interface StageRecord {
  readonly figures?: Float64Array;
  readonly resolved?: readonly Step[];
}

/**
 * Jobs, stages and tiles in SQLite. Each transition of the state machine is one function whose SQL is guarded by the
 * states that it may come from; it answers whether it took place.
 */
export class JobStore {
  private readonly db: Database;
  private readonly statements = new Map<string, Statement>();

  /**
   * @param durable false for a store that is thrown away: the disk is never waited for
   * @throws folder_in_use when another process, or another store of this one, has it open
   */
  constructor(
    path: string,
    private readonly durable: boolean,
    private readonly now: () => number,
  ) {
    this.db = new Database(path, { create: true, strict: true });
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

  /** All or nothing, so that a crash in the middle leaves the version that was there. */
  private migrate(): void {
    const { user_version } = this.db.query("PRAGMA user_version").get() as { user_version: number };
    const missing = MIGRATIONS.slice(user_version);
    if (missing.length === 0) return;
    this.atomically(() => {
      for (const migration of missing) this.db.run(migration);
      this.db.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
    });
  }

  close(): void {
    for (const statement of this.statements.values()) statement.finalize();
    this.statements.clear();
    this.db.close();
  }

  insert(id: string, request: JobRequest, priority: number = PRIORITY.default): void {
    this.durably(() => {
      this.run(
        `INSERT INTO jobs (id, state, request, created_ms, priority)
         VALUES ($id, 'queued', $request, $now, $priority)`,
        { id, request: JSON.stringify(request), now: this.now(), priority },
      );
      this.note(id, "queued");
    });
  }

  begin = (id: string): boolean => this.move(id, ["queued"], "ingesting");
  sourceComplete = (id: string): boolean => this.move(id, ["ingesting"], "running");
  tilesComplete = (id: string): boolean => this.move(id, ["running"], "exporting");

  finish(id: string, result: JobResult): boolean {
    return this.durably(() => {
      const moved = this.move(id, ["exporting"], "done");
      if (moved) this.end(id, { result: JSON.stringify(result) });
      return moved;
    });
  }

  fail(id: string, code: ErrorCode, text: string): boolean {
    return this.durably(() => {
      const moved = this.move(id, ACTIVE_STATES, "failed", code);
      if (moved) this.end(id, { code, text });
      return moved;
    });
  }

  cancel(id: string): boolean {
    return this.durably(() => {
      const moved = this.move(id, ACTIVE_STATES, "cancelled");
      if (moved) this.end(id, {});
      return moved;
    });
  }

  /** A job that has not ended is to wait, or to wait no longer. */
  pause = (id: string): boolean => this.setPaused(id, 1);
  resume = (id: string): boolean => this.setPaused(id, 0);

  setPriority(id: string, priority: number): boolean {
    return this.durably(() => {
      const sql = `UPDATE jobs SET priority = $priority WHERE id = $id AND state IN (${ACTIVE})`;
      const { changes } = this.run(sql, { id, priority });
      if (changes === 1) this.note(id, "priority", String(priority));
      return changes === 1;
    });
  }

  /** A failed job begins anew where it stood, and its tiles have all their attempts again. */
  retry(id: string): boolean {
    return this.durably(() => {
      const { changes } = this.run(
        `UPDATE jobs SET state = 'queued', ended_ms = NULL, error_code = NULL, error_text = NULL, paused = 0
         WHERE id = $id AND state = 'failed'`,
        { id },
      );
      if (changes === 0) return false;
      this.run("DELETE FROM tiles WHERE job = $id AND done = 0", { id });
      this.note(id, "queued", "retry");
      return true;
    });
  }

  /** Jobs that ended in this state before `endedMs`. */
  endedBefore(state: EndedState, endedMs: number): JobRecord[] {
    const sql = "SELECT * FROM jobs WHERE state = $state AND ended_ms < $endedMs ORDER BY number";
    return (this.prepare(sql).all({ state, endedMs }) as JobRow[]).map(toRecord);
  }

  get(id: string): JobRecord | undefined {
    const row = this.prepare("SELECT * FROM jobs WHERE id = $id").get({ id }) as JobRow | null;
    return row === null ? undefined : toRecord(row);
  }

  /** The newest jobs first. */
  list(limit: number): JobRecord[] {
    const rows = this.prepare("SELECT * FROM jobs ORDER BY number DESC LIMIT $limit").all({ limit });
    return (rows as JobRow[]).map(toRecord);
  }

  /** Jobs that have not ended, the oldest first. */
  unfinished(): JobRecord[] {
    const sql = `SELECT * FROM jobs WHERE state IN (${ACTIVE}) ORDER BY number`;
    return (this.prepare(sql).all() as JobRow[]).map(toRecord);
  }

  events(id: string): { at_ms: number; what: string; detail: string }[] {
    const rows = this.prepare("SELECT at_ms, what, detail FROM events WHERE job = $id ORDER BY rowid").all({
      id,
    });
    return rows as { at_ms: number; what: string; detail: string }[];
  }

  /** Counts one attempt more for each of the tiles, before any of them is sent out. */
  countAttempts(job: string, stage: number, tiles: readonly number[]): void {
    this.atomically(() => {
      for (const tile of tiles)
        this.run(
          `INSERT INTO tiles (job, stage, tile, attempts) VALUES ($job, $stage, $tile, 1)
           ON CONFLICT DO UPDATE SET attempts = attempts + 1 WHERE done = 0`,
          { job, stage, tile },
        );
    });
  }

  /** Takes back an attempt that was counted but not made, because the master stopped in good order. */
  uncountAttempts(job: string, stage: number, tiles: readonly number[]): void {
    this.atomically(() => {
      const sql =
        "UPDATE tiles SET attempts = max(0, attempts - 1) WHERE job = $job AND stage = $stage AND tile = $tile AND done = 0";
      for (const tile of tiles) this.run(sql, { job, stage, tile });
    });
  }

  /** Marks tiles whose pixels are on the disk, together with the sums of the figures up to and with them. */
  markDone(
    job: string,
    stage: number,
    tiles: readonly { tile: number; worker: string; ms: number }[],
    figures: Float64Array | undefined,
  ): void {
    this.atomically(() => {
      const sql =
        "UPDATE tiles SET done = 1, worker = $worker, ms = $ms WHERE job = $job AND stage = $stage AND tile = $tile";
      for (const { tile, worker, ms } of tiles) this.run(sql, { job, stage, tile, worker, ms });
      if (figures !== undefined)
        this.run(
          `INSERT INTO stages (job, stage, figures) VALUES ($job, $stage, $figures)
           ON CONFLICT DO UPDATE SET figures = excluded.figures`,
          { job, stage, figures: new Uint8Array(figures.buffer, figures.byteOffset, figures.byteLength) },
        );
    });
  }

  /** How many tiles of all its stages are marked. */
  tilesDone(job: string): number {
    const sql = "SELECT count(*) AS done FROM tiles WHERE job = $job AND done = 1";
    return (this.prepare(sql).get({ job }) as { done: number }).done;
  }

  triedTiles(job: string, stage: number): TriedTile[] {
    const rows = this.prepare(
      "SELECT tile, attempts, done FROM tiles WHERE job = $job AND stage = $stage",
    ).all({ job, stage });
    return (rows as { tile: number; attempts: number; done: number }[]).map((row) => ({
      ...row,
      done: row.done === 1,
    }));
  }

  completeStage(job: string, stage: number, resolved: readonly Step[]): void {
    this.durably(() =>
      this.run(
        `INSERT INTO stages (job, stage, resolved) VALUES ($job, $stage, $resolved)
         ON CONFLICT DO UPDATE SET resolved = excluded.resolved`,
        { job, stage, resolved: JSON.stringify(resolved) },
      ),
    );
  }

  stage(job: string, stage: number): StageRecord {
    const row = this.prepare("SELECT figures, resolved FROM stages WHERE job = $job AND stage = $stage").get({
      job,
      stage,
    });
    const found = row as { figures: Uint8Array | null; resolved: string | null } | null;
    if (found === null) return {};
    return {
      ...(found.figures && { figures: new Float64Array(found.figures.slice().buffer) }),
      ...(found.resolved !== null && { resolved: JSON.parse(found.resolved) as Step[] }),
    };
  }

  private setPaused(id: string, paused: 0 | 1): boolean {
    return this.durably(() => {
      const sql = `UPDATE jobs SET paused = $paused WHERE id = $id AND paused <> $paused AND state IN (${ACTIVE})`;
      const { changes } = this.run(sql, { id, paused });
      if (changes === 1) this.note(id, paused === 1 ? "paused" : "resumed");
      return changes === 1;
    });
  }

  private move(id: string, from: readonly ActiveState[], to: JobState, detail = ""): boolean {
    const { changes } = this.run(
      `UPDATE jobs SET state = $to WHERE id = $id AND state IN (${sqlList(from)})`,
      {
        id,
        to,
      },
    );
    if (changes === 1) this.note(id, to, detail);
    return changes === 1;
  }

  private end(id: string, { code, text, result }: { code?: string; text?: string; result?: string }): void {
    this.run(
      "UPDATE jobs SET ended_ms = $now, error_code = $code, error_text = $text, result = $result WHERE id = $id",
      { id, now: this.now(), code: code ?? null, text: text ?? null, result: result ?? null },
    );
  }

  private note(job: string, what: string, detail = ""): void {
    this.run("INSERT INTO events (job, at_ms, what, detail) VALUES ($job, $now, $what, $detail)", {
      job,
      now: this.now(),
      what,
      detail,
    });
  }

  /**
   * Waits for the disk, for what somebody is told or what files are removed upon. The rest need not: a commit that a
   * power failure undoes costs work, since commits are undone from the last one backwards, and a killed process
   * undoes none.
   */
  private durably<T>(work: () => T): T {
    if (!this.durable) return this.atomically(work);
    this.db.run("PRAGMA synchronous = FULL");
    try {
      return this.atomically(work);
    } finally {
      this.db.run("PRAGMA synchronous = NORMAL");
    }
  }

  /** Always immediate: a deferred transaction that turns into a write can be refused in spite of the time-out. */
  private atomically<T>(work: () => T): T {
    return this.db.inTransaction ? work() : this.db.transaction(work).immediate();
  }

  private run(sql: string, params: Record<string, string | number | null | Uint8Array>): { changes: number } {
    return this.prepare(sql).run(params);
  }

  private prepare(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

function toRecord(row: JobRow): JobRecord {
  const code = row.error_code;
  return {
    id: row.id,
    state: row.state,
    request: JSON.parse(row.request) as JobRequest,
    createdMs: row.created_ms,
    priority: row.priority,
    paused: row.paused === 1,
    ...(row.ended_ms !== null && { endedMs: row.ended_ms }),
    ...(code !== null && {
      error: { code: isErrorCode(code) ? code : "internal", message: row.error_text ?? "" },
    }),
    ...(row.result !== null && { result: JSON.parse(row.result) as JobResult }),
  };
}
