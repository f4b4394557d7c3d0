import type { DeliveryState } from "../../shared/api/webhook.ts";
import type { EndedState } from "../jobs/job.ts";
import type { Database } from "./database.ts";

interface DeliveryRow {
  id: string;
  job: string;
  event: EndedState;
  body: string | null;
  state: DeliveryState;
  attempts: number;
  created_ms: number;
  due_ms: number | null;
  ended_ms: number | null;
  status: number | null;
  error: string | null;
}

/** One webhook to be called, or that was. */
export interface DeliveryRecord extends DeliveryRow {
  readonly owner: string;
  readonly url: string;
}

/** What came of an attempt. */
export interface Attempted {
  /** Of the answer, if there was one. */
  readonly status?: number;
  /** In words, if there was none. */
  readonly error?: string;
}

const SELECT = "SELECT d.*, j.owner, j.webhook AS url FROM deliveries d JOIN jobs j ON j.id = d.job";

/**
 * Webhooks to be called. A row comes with the end of its job, in the same transaction (by a trigger, so that no way to
 * end can forget it): no crash loses one.
 */
export class DeliveryStore {
  constructor(
    private readonly db: Database,
    private readonly now: () => number,
  ) {}

  /** Those whose time has come, the longest due first; of one owner at most `each`. */
  due(limit: number, each: number): DeliveryRecord[] {
    const sql = `SELECT * FROM (
        SELECT due.*, row_number() OVER (PARTITION BY owner ORDER BY due_ms, number) AS place
        FROM (${SELECT} WHERE d.due_ms <= $now) due
      ) WHERE place <= $each ORDER BY due_ms, number LIMIT $limit`;
    return this.db.prepare(sql).all({ now: this.now(), limit, each }) as DeliveryRecord[];
  }

  of(job: string, limit: number): DeliveryRecord[] {
    const sql = `${SELECT} WHERE d.job = $job ORDER BY d.number DESC LIMIT $limit`;
    return this.db.prepare(sql).all({ job, limit }) as DeliveryRecord[];
  }

  get(job: string, id: string): DeliveryRecord | undefined {
    const row = this.db.prepare(`${SELECT} WHERE d.job = $job AND d.id = $id`).get({ job, id });
    return (row as DeliveryRecord | null) ?? undefined;
  }

  /** Counts an attempt before it is made, and when there would be another: a crash in the middle repeats it then. */
  begin(id: string, body: string, nextMs: number): void {
    const sql = `UPDATE deliveries SET attempts = attempts + 1, body = $body, due_ms = $nextMs, status = NULL, error = NULL
      WHERE id = $id AND state = 'pending'`;
    this.db.atomically(() => this.db.run(sql, { id, body, nextMs }));
  }

  /** What came of the attempt, and whether it was the last one. */
  attempted({ id, job }: DeliveryRecord, { status, error }: Attempted, state: DeliveryState): void {
    this.db.durably(() => {
      const values = { id, status: status ?? null, error: error ?? null };
      const sql = "UPDATE deliveries SET status = $status, error = $error WHERE id = $id";
      if (this.db.run(sql, values).changes === 0) return; // its job has been forgotten meanwhile
      if (state !== "pending")
        this.db.run("UPDATE deliveries SET state = $state, due_ms = NULL, ended_ms = $now WHERE id = $id", {
          ...{ id, state, now: this.now() },
        });
      this.note(job, `${state === "delivered" ? "delivered" : "not delivered"}: ${status ?? error}`);
    });
  }

  /** Takes back an attempt that a stop interrupted. */
  release(id: string): void {
    const sql = `UPDATE deliveries SET attempts = max(0, attempts - 1), due_ms = $now
      WHERE id = $id AND state = 'pending'`;
    this.db.atomically(() => this.db.run(sql, { id, now: this.now() }));
  }

  /** To be sent at once, with all its attempts again, whatever came of it. @returns whether there is such a one */
  again(job: string, id: string): boolean {
    return this.db.durably(() => {
      const { changes } = this.db.run(
        `UPDATE deliveries SET state = 'pending', attempts = 0, due_ms = $now, ended_ms = NULL
         WHERE id = $id AND job = $job`,
        { id, job, now: this.now() },
      );
      if (changes === 1) this.note(job, "asked for again");
      return changes === 1;
    });
  }

  private note(job: string, detail: string): void {
    this.db.run("INSERT INTO events (job, at_ms, what, detail) VALUES ($job, $now, 'webhook', $detail)", {
      ...{ job, detail, now: this.now() },
    });
  }
}
