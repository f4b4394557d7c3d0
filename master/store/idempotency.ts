import { TesseraError } from "../../shared/errors.ts";
import type { Database } from "./database.ts";

/** How long a key is known; a client that tries again does so long before. */
const KEPT_MS = 24 * 3_600_000;

/** What a request with a key has come to. */
export interface Answered {
  readonly job: string;
  /** A digest of all that was sent. */
  readonly request: string;
}

/**
 * Requests that are to have their effect once, however often they are sent: by their owner and the key that it gave
 * them. What a request came to is written down together with its job; that one is under way is known in memory, since
 * it ends with the process.
 */
export class Idempotency {
  private readonly underWay = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly now: () => number,
  ) {}

  /** Holds a key until the function that it gives is called. @throws idempotency_key_busy if somebody holds it */
  hold(owner: string, key: string): () => void {
    const name = JSON.stringify([owner, key]);
    if (this.underWay.has(name)) throw new TesseraError("idempotency_key_busy");
    this.underWay.add(name);
    return () => void this.underWay.delete(name);
  }

  answered(owner: string, key: string): Answered | undefined {
    const sql = `SELECT job, request FROM idempotency
                 WHERE owner = $owner AND key = $key AND created_ms > $since`;
    const found = this.db.prepare(sql).get({ owner, key, since: this.now() - KEPT_MS });
    return (found as Answered | null) ?? undefined;
  }

  /** To be called in one transaction with what makes the job. */
  note(owner: string, key: string, { job, request }: Answered): void {
    this.db.run(
      `INSERT OR REPLACE INTO idempotency (owner, key, request, job, created_ms)
       VALUES ($owner, $key, $request, $job, $now)`,
      { owner, key, request, job, now: this.now() },
    );
  }

  /** Forgets those whose time is over. */
  sweep(): void {
    this.db.run("DELETE FROM idempotency WHERE created_ms <= $since", { since: this.now() - KEPT_MS });
  }
}
