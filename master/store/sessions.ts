import type { Database } from "./database.ts";
import type { KeyRecord, KeyStore } from "./keys.ts";

/** So many browsers may be signed in by one key; the oldest is signed out for another one. */
const SESSIONS_MAX = 100;

/** Who is signed in, by the hash of their cookie. */
export class SessionStore {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyStore,
  ) {}

  insert(hash: Uint8Array, key: string, nowMs: number, expiresMs: number): void {
    this.db.atomically(() => {
      this.db.run("DELETE FROM sessions WHERE expires_ms <= $nowMs", { nowMs });
      this.db.run(
        `DELETE FROM sessions WHERE hash IN
           (SELECT hash FROM sessions WHERE key = $key ORDER BY created_ms DESC LIMIT -1 OFFSET $others)`,
        { key, others: SESSIONS_MAX - 1 },
      );
      this.db.run(
        "INSERT INTO sessions (hash, key, created_ms, expires_ms) VALUES ($hash, $key, $nowMs, $expiresMs)",
        { hash, key, nowMs, expiresMs },
      );
    });
  }

  /** The key that somebody signed in with, and until when; undefined if they are not signed in. */
  find(hash: Uint8Array, nowMs: number): { readonly key: KeyRecord; readonly expiresMs: number } | undefined {
    const session = this.db
      .prepare("SELECT key, expires_ms AS expiresMs FROM sessions WHERE hash = $hash AND expires_ms > $nowMs")
      .get({ hash, nowMs }) as { key: string; expiresMs: number } | null;
    const found = session === null ? undefined : this.keys.find(session.key);
    return found && { key: found.key, expiresMs: session!.expiresMs };
  }

  remove(hash: Uint8Array): void {
    this.db.run("DELETE FROM sessions WHERE hash = $hash", { hash });
  }
}
