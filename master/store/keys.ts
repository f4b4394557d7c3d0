import type { Scope } from "../../shared/api/scopes.ts";
import type { Database } from "./database.ts";

/** A key without its secret. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly scopes: readonly Scope[];
  readonly createdMs: number;
  readonly expiresMs: number | null;
  readonly lastUsedMs: number | null;
  readonly revokedMs: number | null;
}

interface KeyRow extends Omit<KeyRecord, "scopes"> {
  readonly scopes: string;
}

const COLUMNS = `id, name, owner, scopes, created_ms AS createdMs, expires_ms AS expiresMs,
  last_used_ms AS lastUsedMs, revoked_ms AS revokedMs`;

const recordOf = (row: KeyRow): KeyRecord => ({ ...row, scopes: row.scopes.split(",") as Scope[] });

/** Revoked keys are kept to be looked at, so many of them. */
const REVOKED_MAX = 1000;
/** How often it is noted that a key is used. */
const USE_EVERY_MS = 60_000;

/** The keys of a master, in the file that it shares with `tessera keys`. */
export class KeyStore {
  constructor(private readonly db: Database) {}

  insert({ scopes, ...key }: Omit<KeyRecord, "lastUsedMs" | "revokedMs">, hash: Uint8Array): void {
    this.db.durably(() =>
      this.db.run(
        `INSERT INTO keys (id, hash, name, owner, scopes, created_ms, expires_ms)
         VALUES ($id, $hash, $name, $owner, $scopes, $createdMs, $expiresMs)`,
        { ...key, hash, scopes: scopes.join(",") },
      ),
    );
  }

  find(id: string): { readonly key: KeyRecord; readonly hash: Uint8Array } | undefined {
    const row = this.db.prepare(`SELECT ${COLUMNS}, hash FROM keys WHERE id = $id`).get({ id }) as
      | (KeyRow & { hash: Uint8Array })
      | null;
    if (row === null) return undefined;
    const { hash, ...key } = row;
    return { key: recordOf(key), hash };
  }

  /** The newest first. */
  list(): KeyRecord[] {
    const rows = this.db.prepare(`SELECT ${COLUMNS} FROM keys ORDER BY created_ms DESC, id`).all();
    return (rows as KeyRow[]).map(recordOf);
  }

  /** Ends the key's sessions too. Answers whether there was such a key that was not revoked. */
  revoke(id: string, nowMs: number): boolean {
    return this.db.durably(() => {
      const update = "UPDATE keys SET revoked_ms = $nowMs WHERE id = $id AND revoked_ms IS NULL";
      const { changes } = this.db.run(update, { id, nowMs });
      this.db.run("DELETE FROM sessions WHERE key = $id", { id });
      this.db.run(
        `DELETE FROM keys WHERE revoked_ms IS NOT NULL AND id NOT IN
           (SELECT id FROM keys WHERE revoked_ms IS NOT NULL ORDER BY revoked_ms DESC LIMIT $max)`,
        { max: REVOKED_MAX },
      );
      return changes > 0;
    });
  }

  noteUse({ id, lastUsedMs }: KeyRecord, nowMs: number): void {
    if (lastUsedMs !== null && nowMs - lastUsedMs < USE_EVERY_MS) return;
    try {
      this.db.run("UPDATE keys SET last_used_ms = $nowMs WHERE id = $id", { id, nowMs });
    } catch {
      // It is only there to be looked at: a full disk must not lock out whoever comes to free it.
    }
  }

  /** Keys that are not revoked. */
  count(): number {
    const { n } = this.db.prepare("SELECT count(*) AS n FROM keys WHERE revoked_ms IS NULL").get() as {
      n: number;
    };
    return n;
  }

  /** Whether there ever was one: those that are revoked and expired count. */
  any(): boolean {
    return this.db.prepare("SELECT 1 FROM keys LIMIT 1").get() !== null;
  }
}
