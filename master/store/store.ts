import { Database, type Statement } from "bun:sqlite";
import { type ErrorCode, isErrorCode, TesseraError } from "../../shared/errors.ts";
import type { Step } from "../../shared/ops/op.ts";
import type { ActiveState, JobRecord, JobRequest, JobResult, JobState } from "../jobs/job.ts";
import { SCHEMA } from "./schema.ts";

interface JobRow {
  id: string;
  state: JobState;
  request: string;
  created_ms: number;
  ended_ms: number | null;
  error_code: string | null;
  error_text: string | null;
  result: string | null;
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
      this.db.run(SCHEMA);
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

  insert(id: string, request: JobRequest): void {
    this.durably(() => {
      this.run("INSERT INTO jobs (id, state, request, created_ms) VALUES ($id, 'queued', $request, $now)", {
        id,
        request: JSON.stringify(request),
        now: this.now(),
      });
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
      const moved = this.move(id, ["queued", "ingesting", "running", "exporting"], "failed", code);
      if (moved) this.end(id, { code, text });
      return moved;
    });
  }

  cancel(id: string): boolean {
    return this.durably(() => {
      const moved = this.move(id, ["queued", "ingesting", "running", "exporting"], "cancelled");
      if (moved) this.end(id, {});
      return moved;
    });
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
    const sql =
      "SELECT * FROM jobs WHERE state IN ('queued', 'ingesting', 'running', 'exporting') ORDER BY number";
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

  private move(id: string, from: readonly ActiveState[], to: JobState, detail = ""): boolean {
    const states = from.map((state) => `'${state}'`).join(", ");
    const { changes } = this.run(`UPDATE jobs SET state = $to WHERE id = $id AND state IN (${states})`, {
      id,
      to,
    });
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
    ...(row.ended_ms !== null && { endedMs: row.ended_ms }),
    ...(code !== null && {
      error: { code: isErrorCode(code) ? code : "internal", message: row.error_text ?? "" },
    }),
    ...(row.result !== null && { result: JSON.parse(row.result) as JobResult }),
  };
}
