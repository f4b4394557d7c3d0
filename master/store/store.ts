import { ACTIVE_STATES } from "../../shared/api/states.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { log } from "../../shared/log.ts";
import type { Step } from "../../shared/ops/op.ts";
import { ATTEMPTS_MAX } from "../dispatch/stage_run.ts";
import type {
  JobAbout,
  JobEvent,
  JobRecord,
  JobRequest,
  JobResult,
  JobState,
  Kept,
  Phases,
} from "../jobs/job.ts";
import { type ActiveState, type EndedState, hasEnded } from "../jobs/job.ts";
import type { StoredTile } from "../jobs/tile_map.ts";
import type { Database } from "./database.ts";
import { ACTIVE, type JobRow, sqlList, toRecord } from "./job_row.ts";

type TileRow = [tile: number, attempts: number, done: 0 | 1, worker: string | null, ms: number | null];

/** What there is to say of a job's end. */
interface End {
  readonly code?: string;
  readonly text?: string;
  readonly result?: string;
  readonly kept?: Kept;
  /** Of a job that has no result. */
  readonly phases?: Phases | undefined;
}

interface EventRow {
  /** Later ones have higher ones. */
  readonly number: number;
  readonly at_ms: number;
  readonly what: string;
  readonly detail: string;
}

/** As it is shown. */
export const eventOf = ({ at_ms, ...event }: EventRow): JobEvent => ({
  ...event,
  at: new Date(at_ms).toISOString(),
});

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
  /** Jobs since the start, by how they ended. */
  readonly ended: Record<EndedState, number> = { done: 0, failed: 0, cancelled: 0 };

  constructor(
    private readonly db: Database,
    private readonly now: () => number,
  ) {}

  insert(id: string, request: JobRequest, about: JobAbout): void {
    const { owner, priority, labels, batch, webhook, keepMs } = about;
    this.db.durably(() => {
      this.db.run(
        `INSERT INTO jobs (id, state, request, created_ms, priority, owner, name, labels, batch, webhook, keep_ms, tiles)
         VALUES ($id, 'queued', $request, $now, $priority, $owner, $name, $labels, $batch, $webhook, $keepMs, $tiles)`,
        {
          ...{ id, request: JSON.stringify(request), now: this.now(), priority, owner },
          ...{ name: request.source.name, labels: JSON.stringify(labels), tiles: request.planned.tiles },
          ...{ batch: batch ?? null, webhook: webhook ?? null, keepMs: keepMs ?? null },
        },
      );
      this.note(id, "queued");
    });
  }

  begin = (id: string): boolean => this.move(id, ["queued"], "ingesting");
  sourceComplete = (id: string): boolean => this.move(id, ["ingesting"], "running");
  tilesComplete = (id: string): boolean => this.move(id, ["running"], "exporting");

  finish(id: string, result: JobResult, kept: Kept = {}): boolean {
    return this.db.durably(() => {
      const moved = this.move(id, ["exporting"], "done");
      if (moved) this.end(id, { result: JSON.stringify(result), kept });
      return moved;
    });
  }

  fail(
    id: string,
    code: ErrorCode,
    text: string,
    left: Kept & { phases?: Phases | undefined } = {},
  ): boolean {
    return this.db.durably(() => {
      const moved = this.move(id, ACTIVE_STATES, "failed", `${code}: ${text}`);
      const { phases, ...kept } = left;
      if (moved) this.end(id, { code, text, kept, phases });
      return moved;
    });
  }

  cancel(id: string, phases?: Phases): boolean {
    return this.db.durably(() => {
      const moved = this.move(id, ACTIVE_STATES, "cancelled");
      if (moved) this.end(id, { phases });
      return moved;
    });
  }

  /** A job that has not ended is to wait, or to wait no longer. */
  pause = (id: string): boolean => this.setPaused(id, 1);
  resume = (id: string): boolean => this.setPaused(id, 0);

  setPriority(id: string, priority: number): boolean {
    return this.db.durably(() => {
      const sql = `UPDATE jobs SET priority = $priority WHERE id = $id AND state IN (${ACTIVE})`;
      const { changes } = this.db.run(sql, { id, priority });
      if (changes === 1) this.note(id, "priority", String(priority));
      return changes === 1;
    });
  }

  /** A failed job begins anew where it stood, and its tiles have all their attempts again. */
  retry(id: string): boolean {
    return this.db.durably(() => {
      const { changes } = this.db.run(
        `UPDATE jobs SET state = 'queued', ended_ms = NULL, error_code = NULL, error_text = NULL, paused = 0, phases = NULL,
                         expires_ms = NULL, source_expires_ms = NULL, tries = tries + 1
         WHERE id = $id AND state = 'failed'`,
        { id },
      );
      if (changes === 0) return false;
      this.db.run("DELETE FROM tiles WHERE job = $id AND done = 0", { id });
      this.db.run("DELETE FROM dead_letters WHERE job = $id", { id });
      this.note(id, "queued", "retry");
      return true;
    });
  }

  get(id: string): JobRecord | undefined {
    const row = this.db.prepare("SELECT * FROM jobs WHERE id = $id").get({ id }) as JobRow | null;
    return row === null ? undefined : toRecord(row);
  }

  /** How many jobs of an owner have not ended. */
  activeOf(owner: string): number {
    const sql = `SELECT count(*) AS jobs FROM jobs WHERE owner = $owner AND state IN (${ACTIVE})`;
    return (this.db.prepare(sql).get({ owner }) as { jobs: number }).jobs;
  }

  /** Bytes of an owner's sources that are still needed, and of its results. */
  bytesOf(owner: string): number {
    const sql = `SELECT coalesce(sum(
                   CASE WHEN state = 'done' AND gone = 0 THEN result ->> '$.bytes' ELSE 0 END +
                   CASE WHEN state IN (${ACTIVE}) OR source_expires_ms IS NOT NULL
                        THEN request ->> '$.probe.bytes' ELSE 0 END), 0) AS bytes
                 FROM jobs WHERE owner = $owner`;
    return (this.db.prepare(sql).get({ owner }) as { bytes: number }).bytes;
  }

  /** Jobs that have not ended, the oldest first. */
  unfinished(): JobRecord[] {
    const sql = `SELECT * FROM jobs WHERE state IN (${ACTIVE}) ORDER BY number`;
    return (this.db.prepare(sql).all() as JobRow[]).map(toRecord);
  }

  /** What has happened to a job, the oldest first: so many, those after the one that is named. */
  events(id: string, limit = -1, after = 0): EventRow[] {
    const sql = `SELECT rowid AS number, at_ms, what, detail FROM events
                 WHERE job = $id AND rowid > $after ORDER BY rowid LIMIT $limit`;
    return this.db.prepare(sql).all({ id, limit, after }) as EventRow[];
  }

  /** An attempt at a tile was made in vain; noted with `detail`, if there is one. */
  tileRefused(id: string, detail?: string): void {
    this.db.atomically(() => {
      this.db.run("UPDATE jobs SET tiles_retried = tiles_retried + 1 WHERE id = $id", { id });
      if (detail !== undefined) this.note(id, "tile_refused", detail);
    });
  }

  /** Whatever `work` changes is changed at once, or not at all. */
  together<T>(work: () => T): T {
    return this.db.durably(work);
  }

  /** Forgets so many tiles of a job at most. @returns how many there were */
  removeTiles(job: string, limit: number): number {
    const sql = `DELETE FROM tiles WHERE job = $job AND (stage, tile) IN
                   (SELECT stage, tile FROM tiles WHERE job = $job LIMIT $limit)`;
    return this.db.atomically(() => this.db.run(sql, { job, limit }).changes);
  }

  /** Forgets a job: its row, and all that hangs on it. */
  remove(id: string): boolean {
    return this.db.durably(() => this.db.run("DELETE FROM jobs WHERE id = $id", { id }).changes > 0);
  }

  /** Counts one attempt more for each of the tiles, before any of them is sent out. */
  countAttempts(job: string, stage: number, tiles: readonly number[]): void {
    this.db.atomically(() => {
      for (const tile of tiles)
        this.db.run(
          `INSERT INTO tiles (job, stage, tile, attempts) VALUES ($job, $stage, $tile, 1)
           ON CONFLICT DO UPDATE SET attempts = attempts + 1 WHERE done = 0`,
          { job, stage, tile },
        );
    });
  }

  /** Takes back an attempt that was counted but not made, because the master stopped in good order. */
  uncountAttempts(job: string, stage: number, tiles: readonly number[]): void {
    this.db.atomically(() => {
      const sql =
        "UPDATE tiles SET attempts = max(0, attempts - 1) WHERE job = $job AND stage = $stage AND tile = $tile AND done = 0";
      for (const tile of tiles) this.db.run(sql, { job, stage, tile });
    });
  }

  /** Marks tiles whose pixels are on the disk, together with the sums of the figures up to and with them. */
  markDone(
    job: string,
    stage: number,
    tiles: readonly { tile: number; worker: string; ms: number }[],
    figures: Float64Array | undefined,
  ): void {
    this.db.atomically(() => {
      const sql = `UPDATE tiles SET done = 1, worker = $worker, ms = $ms
                   WHERE job = $job AND stage = $stage AND tile = $tile AND done = 0`;
      let marked = 0;
      for (const { tile, worker, ms } of tiles)
        marked += this.db.run(sql, { job, stage, tile, worker, ms }).changes;
      this.db.run("UPDATE jobs SET tiles_done = tiles_done + $marked WHERE id = $job", { job, marked });
      if (figures !== undefined)
        this.db.run(
          `INSERT INTO stages (job, stage, figures) VALUES ($job, $stage, $figures)
           ON CONFLICT DO UPDATE SET figures = excluded.figures`,
          { job, stage, figures: new Uint8Array(figures.buffer, figures.byteOffset, figures.byteLength) },
        );
    });
  }

  /** Reads the tiles of a job that have been tried, with who has done them: of a stage, from one up to before another. */
  tilesOf(job: string): (stage: number, from: number, to: number) => StoredTile[] {
    const sql = `SELECT tile, attempts, done, worker, ms FROM tiles
      WHERE job = $job AND stage = $stage AND tile >= $from AND tile < $to`;
    return (stage, from, to) =>
      (this.db.prepare(sql).values({ job, stage, from, to }) as TileRow[]).map(
        ([tile, attempts, done, worker, ms]) => ({
          ...{ tile, attempts, worker: worker ?? undefined, ms: ms ?? undefined },
          state: done === 1 ? "done" : attempts < ATTEMPTS_MAX ? "waiting" : "failed",
        }),
      );
  }

  triedTiles(job: string, stage: number): TriedTile[] {
    const rows = this.db
      .prepare("SELECT tile, attempts, done FROM tiles WHERE job = $job AND stage = $stage")
      .all({ job, stage });
    return (rows as { tile: number; attempts: number; done: number }[]).map((row) => ({
      ...row,
      done: row.done === 1,
    }));
  }

  completeStage(job: string, stage: number, resolved: readonly Step[]): void {
    this.db.durably(() =>
      this.db.run(
        `INSERT INTO stages (job, stage, resolved) VALUES ($job, $stage, $resolved)
         ON CONFLICT DO UPDATE SET resolved = excluded.resolved`,
        { job, stage, resolved: JSON.stringify(resolved) },
      ),
    );
  }

  stage(job: string, stage: number): StageRecord {
    const row = this.db
      .prepare("SELECT figures, resolved FROM stages WHERE job = $job AND stage = $stage")
      .get({
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
    return this.db.durably(() => {
      const sql = `UPDATE jobs SET paused = $paused WHERE id = $id AND paused <> $paused AND state IN (${ACTIVE})`;
      const { changes } = this.db.run(sql, { id, paused });
      if (changes === 1) this.note(id, paused === 1 ? "paused" : "resumed");
      return changes === 1;
    });
  }

  private move(id: string, from: readonly ActiveState[], to: JobState, detail = ""): boolean {
    const { changes } = this.db.run(
      `UPDATE jobs SET state = $to WHERE id = $id AND state IN (${sqlList(from)})`,
      {
        id,
        to,
      },
    );
    if (changes === 1) this.note(id, to, detail);
    if (changes === 1 && hasEnded(to)) this.ended[to as EndedState]++;
    return changes === 1;
  }

  private end(id: string, { code, text, result, kept, phases }: End): void {
    this.db.run(
      `UPDATE jobs SET ended_ms = $now, error_code = $code, error_text = $text, result = $result,
                       phases = $phases, expires_ms = $expires, source_expires_ms = $sourceExpires WHERE id = $id`,
      {
        ...{ id, now: this.now(), code: code ?? null, text: text ?? null, result: result ?? null },
        phases: phases === undefined ? null : JSON.stringify(phases),
        ...{ expires: kept?.expiresMs ?? null, sourceExpires: kept?.sourceExpiresMs ?? null },
      },
    );
  }

  private note(job: string, what: string, detail = ""): void {
    log.info(`Job ${job}: ${what}${detail === "" ? "" : ` (${detail})`}.`, { job, what, detail });
    this.db.run("INSERT INTO events (job, at_ms, what, detail) VALUES ($job, $now, $what, $detail)", {
      job,
      now: this.now(),
      what,
      detail,
    });
  }
}
