import { TesseraError } from "../../shared/errors.ts";
import type { Database } from "./database.ts";

/** A file that is sent in parts. */
export interface UploadRecord {
  readonly id: string;
  readonly owner: string;
  /** Bytes of the whole. */
  readonly length: number;
  /** Bytes that are on the disk. */
  readonly offset: number;
  /** As its sender wrote it: see `metadata.ts`. */
  readonly metadata?: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** That it has become; the file is that one's then. */
  readonly job?: string;
}

interface UploadRow {
  id: string;
  owner: string;
  length: number;
  offset: number;
  metadata: string | null;
  created_ms: number;
  expires_ms: number;
  job: string | null;
}

export class UploadStore {
  constructor(private readonly db: Database) {}

  insert({ id, owner, length, metadata, createdMs, expiresMs }: NewUpload): void {
    const sql = `INSERT INTO uploads (id, owner, length, metadata, created_ms, expires_ms)
                 VALUES ($id, $owner, $length, $metadata, $createdMs, $expiresMs)`;
    const values = { id, owner, length, metadata: metadata ?? null, createdMs, expiresMs };
    this.db.durably(() => this.db.run(sql, values));
  }

  get(id: string): UploadRecord | undefined {
    const row = this.db.prepare("SELECT * FROM uploads WHERE id = $id").get({ id }) as UploadRow | null;
    return row === null ? undefined : recordOf(row);
  }

  /** So many bytes are on the disk from now on. @throws upload_not_found if it has gone in the meantime */
  advance(id: string, offset: number, expiresMs: number): void {
    const sql = `UPDATE uploads SET offset = $offset, expires_ms = $expiresMs WHERE id = $id AND job IS NULL`;
    const { changes } = this.db.durably(() => this.db.run(sql, { id, offset, expiresMs }));
    if (changes === 0) throw new TesseraError("upload_not_found");
  }

  /** To be called in one transaction with what makes the job. @throws upload_used */
  use(id: string, job: string): void {
    const sql = "UPDATE uploads SET job = $job WHERE id = $id AND job IS NULL";
    if (this.db.run(sql, { id, job }).changes === 0) throw new TesseraError("upload_used");
  }

  remove(ids: readonly string[]): void {
    const sql = "DELETE FROM uploads WHERE id IN (SELECT value FROM json_each($ids))";
    this.db.durably(() => this.db.run(sql, { ids: JSON.stringify(ids) }));
  }

  /** How many of an owner's have not become jobs, and how many bytes they are to have. */
  openOf(owner: string): { readonly count: number; readonly bytes: number } {
    const sql = `SELECT count(*) AS count, coalesce(sum(length), 0) AS bytes FROM uploads
                 WHERE owner = $owner AND job IS NULL`;
    return this.db.prepare(sql).get({ owner }) as { count: number; bytes: number };
  }

  /** All that have not become jobs. */
  open(): string[] {
    const rows = this.db.prepare("SELECT id FROM uploads WHERE job IS NULL").all({}) as { id: string }[];
    return rows.map(({ id }) => id);
  }

  expired(nowMs: number, limit: number): UploadRecord[] {
    const sql = "SELECT * FROM uploads WHERE expires_ms <= $nowMs ORDER BY expires_ms LIMIT $limit";
    return (this.db.prepare(sql).all({ nowMs, limit }) as UploadRow[]).map(recordOf);
  }
}

type NewUpload = Omit<UploadRecord, "offset" | "job">;

const recordOf = ({ created_ms, expires_ms, metadata, job, ...row }: UploadRow): UploadRecord => ({
  ...{ ...row, createdMs: created_ms, expiresMs: expires_ms },
  ...(metadata !== null && { metadata }),
  ...(job !== null && { job }),
});
