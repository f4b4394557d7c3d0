import { Database as Sqlite } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "../../master/store/database.ts";
import { MIGRATIONS } from "../../master/store/schema.ts";
import { JobStore } from "../../master/store/store.ts";
import { inFolder } from "../support/folder.ts";
import { openBench, picture, spec, unowned } from "./harness.ts";
import { answer, asked } from "./job_states.ts";
import { OwnWorker } from "./own_worker.ts";

/** The tables as the first version made them; it gave them no number. */
const FIRST = `
CREATE TABLE jobs (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  state      TEXT NOT NULL,
  request    TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  ended_ms   INTEGER,
  error_code TEXT,
  error_text TEXT,
  result     TEXT
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE TABLE stages (
  job      TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  stage    INTEGER NOT NULL,
  figures  BLOB,
  resolved TEXT,
  PRIMARY KEY (job, stage)
) STRICT, WITHOUT ROWID;
CREATE TABLE tiles (
  job      TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  stage    INTEGER NOT NULL,
  tile     INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  done     INTEGER NOT NULL DEFAULT 0,
  worker   TEXT,
  ms       REAL,
  PRIMARY KEY (job, stage, tile)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  job    TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  at_ms  INTEGER NOT NULL,
  what   TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX events_by_job ON events (job);
`;

/** A database of the first version, with what `fill` puts into it. */
function firstVersion(path: string, fill: (db: Sqlite) => void): void {
  const db = new Sqlite(path, { create: true });
  db.run("PRAGMA journal_mode = WAL");
  db.run(FIRST);
  fill(db);
  db.close();
}

const versionOf = (path: string): unknown => {
  const db = new Sqlite(path);
  const version = db.query("PRAGMA user_version").get();
  db.close();
  return version;
};

describe("P3: a store of the first version", () => {
  test("is taken up with everything that is in it, once", async () => {
    await inFolder(async (dir) => {
      const path = join(dir, "tessera.sqlite");
      const request = JSON.stringify({ pipeline: [{ op: "invert" }] });
      firstVersion(path, (db) => {
        db.run(`INSERT INTO jobs (id, state, request, created_ms, ended_ms, error_code, error_text)
                VALUES ('old', 'failed', '${request}', 100, 200, 'tile_failed', 'Tile 1,2.')`);
        db.run(
          `INSERT INTO jobs (id, state, request, created_ms) VALUES ('it', 'running', '${request}', 300)`,
        );
        db.run("INSERT INTO tiles VALUES ('it', 0, 7, 1, 1, 'w', 2.5), ('it', 0, 8, 2, 0, NULL, NULL)");
        db.run("INSERT INTO stages VALUES ('it', 0, x'000000000000F03F', NULL)");
        db.run("INSERT INTO events VALUES ('it', 300, 'queued', '')");
      });
      for (const priority of [5, 7]) {
        const db = new Database(path, false);
        const store = new JobStore(db, () => 1000);
        expect(store.get("old")).toMatchObject({
          state: "failed",
          endedMs: 200,
          paused: false,
          error: { code: "tile_failed", message: "Tile 1,2." },
        });
        expect(store.unfinished()).toMatchObject([{ id: "it", state: "running", priority, paused: false }]);
        // What lists show, and what is kept for another try.
        expect(store.get("it")).toMatchObject({ tilesDone: 1, tries: 1, gone: false });
        expect(store.get("old")!.expiresMs).toBeGreaterThan(200);
        expect(store.triedTiles("it", 0)).toEqual([
          { tile: 7, attempts: 1, done: true },
          { tile: 8, attempts: 2, done: false },
        ]);
        expect(store.stage("it", 0)).toEqual({ figures: Float64Array.of(1) });
        expect(store.events("it")[0]).toMatchObject({ at_ms: 300, what: "queued", detail: "" });
        expect(store.setPriority("it", 7)).toBe(true);
        db.close();
      }
      expect(versionOf(path)).toEqual({ user_version: MIGRATIONS.length });
    });
  });

  test("that a master left is worked through by this one, to the same bytes", async () => {
    await inFolder(async (dir) => {
      const source = await picture(dir, spec(200, 150));
      const fresh = openBench(join(dir, "fresh"));
      new OwnWorker(fresh.bus, fresh.buffers, answer);
      await fresh.master.submit({ ...asked, id: "it", source: unowned(source) });
      expect((await fresh.master.wait("it")).state).toBe("done");
      const expected = readFileSync(fresh.master.resultPath("it"));
      await fresh.master.stop();

      const asLeft = new Sqlite(join(fresh.dir, "tessera.sqlite"));
      const { request } = asLeft.query("SELECT request FROM jobs").get() as { request: string };
      asLeft.close();
      const old = join(dir, "old", "master");
      mkdirSync(old, { recursive: true });
      firstVersion(join(old, "tessera.sqlite"), (db) => {
        db.query("INSERT INTO jobs (id, state, request, created_ms) VALUES ('it', 'queued', ?, 1)").run(
          request,
        );
      });
      const after = openBench(join(dir, "old"));
      new OwnWorker(after.bus, after.buffers, answer);
      expect((await after.master.wait("it")).error).toBeUndefined();
      expect(readFileSync(after.master.resultPath("it")).equals(expected)).toBe(true);
      await after.master.stop();
    });
  });

  test("that cannot be brought on stays what it was", async () => {
    await inFolder(async (dir) => {
      const path = join(dir, "tessera.sqlite");
      firstVersion(path, (db) => {
        // Half of what the next version adds is there, by whatever accident.
        db.run("ALTER TABLE jobs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0");
      });
      expect(() => new Database(path, false)).toThrow();
      const columns = () => {
        const db = new Sqlite(path);
        const found = db.query("SELECT name FROM pragma_table_info('jobs')").all();
        db.close();
        return found.map((column) => (column as { name: string }).name);
      };
      expect(columns()).not.toContain("priority");
      expect(versionOf(path)).toEqual({ user_version: 0 });
    });
  });
});

test("a store of a version to come is refused, and stays what it is", async () => {
  await inFolder(async (dir) => {
    const path = join(dir, "tessera.sqlite");
    new Database(path, false).close();
    const db = new Sqlite(path);
    db.run("PRAGMA user_version = 999");
    db.close();
    expect(() => new Database(path, false)).toThrow(expect.objectContaining({ code: "folder_too_new" }));
    expect(versionOf(path)).toEqual({ user_version: 999 });
  });
});
