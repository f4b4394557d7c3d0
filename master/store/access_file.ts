import { chownSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { Database, type FileKind } from "./database.ts";
import { makeFolder, unusable } from "./folder.ts";

const FILE_NAME = "access.sqlite";

/** Times are milliseconds since 1970. A secret is nowhere: only its hash is. */
const FIRST = `
CREATE TABLE keys (
  id           TEXT PRIMARY KEY,
  hash         BLOB NOT NULL,     -- SHA-256 of the secret
  name         TEXT NOT NULL,
  owner        TEXT NOT NULL,
  scopes       TEXT NOT NULL,     -- with commas between them
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER,
  last_used_ms INTEGER,
  revoked_ms   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  hash       BLOB PRIMARY KEY,    -- SHA-256 of the cookie
  key        TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_key ON sessions (key, created_ms);
`;

/** Shared, so that keys can be made and revoked on the machine while the master runs. */
const ACCESS: FileKind = { migrations: [FIRST], shared: true };

/** The file of keys and sessions in the master's folder. Without a folder, one that is gone with the process. */
export function openAccessFile(dir?: string): Database {
  if (dir === undefined) return new Database(":memory:", false, ACCESS);
  makeFolder(dir);
  const path = join(dir, FILE_NAME);
  if (!existsSync(path)) create(path, dir);
  return new Database(path, true, ACCESS);
}

/** This user's only; SQLite gives its other files the same mode and owner. */
function create(path: string, dir: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch (cause) {
    throw unusable(cause);
  }
  const { uid, gid } = statSync(dir);
  // A key made by root must not lock out the user that the master runs as.
  if (process.geteuid?.() === 0) chownSync(path, uid, gid);
}
