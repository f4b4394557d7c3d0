/** The state that a job is shown in, of a row of `jobs`. */
const shown = (row: "NEW" | "OLD"): string =>
  `iif(${row}.paused = 1 AND ${row}.state IN ('queued', 'ingesting', 'running', 'exporting'), 'paused', ${row}.state)`;

/** Statements of a trigger: a job counts in its batch's sums from now on, or no longer. */
const ADD = `
    INSERT INTO batch_sums (batch, state, jobs, tiles_done, tiles)
    VALUES (NEW.batch, ${shown("NEW")}, 1, NEW.tiles_done, NEW.tiles)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1, tiles_done = tiles_done + excluded.tiles_done, tiles = tiles + excluded.tiles;`;
const TAKE = `
    UPDATE batch_sums SET jobs = jobs - 1, tiles_done = tiles_done - OLD.tiles_done, tiles = tiles - OLD.tiles
      WHERE batch = OLD.batch AND state = ${shown("OLD")};
    DELETE FROM batch_sums WHERE batch = OLD.batch AND jobs = 0;`;

/** The tables as they were first; times are milliseconds since 1970 by the master's clock. */
const FIRST = `
CREATE TABLE IF NOT EXISTS jobs (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  state      TEXT NOT NULL,
  request    TEXT NOT NULL,  -- JSON of JobRequest: what was asked for, never changed
  created_ms INTEGER NOT NULL,
  ended_ms   INTEGER,
  error_code TEXT,
  error_text TEXT,
  result     TEXT            -- JSON of JobResult
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);

CREATE TABLE IF NOT EXISTS stages (
  job      TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  stage    INTEGER NOT NULL,
  figures  BLOB,             -- sums of the tiles that are done, as f64
  resolved TEXT,             -- JSON of the steps that open the next stage; set once all tiles are done
  PRIMARY KEY (job, stage)
) STRICT, WITHOUT ROWID;

-- A row comes with the first attempt: an attempt is counted before it begins.
CREATE TABLE IF NOT EXISTS tiles (
  job      TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  stage    INTEGER NOT NULL,
  tile     INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  done     INTEGER NOT NULL DEFAULT 0,
  worker   TEXT,
  ms       REAL,
  PRIMARY KEY (job, stage, tile)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS events (
  job    TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  at_ms  INTEGER NOT NULL,
  what   TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_job ON events (job);
`;

/** Each brings the tables of the version before it on by one. None is ever changed once it has been released. */
export const MIGRATIONS: readonly string[] = [
  FIRST,
  `
  ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 5;
  ALTER TABLE jobs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
  `,
  `
  ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT 'local';
  ALTER TABLE jobs ADD COLUMN name TEXT NOT NULL DEFAULT '';      -- of its source
  ALTER TABLE jobs ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';  -- JSON: texts by name
  ALTER TABLE jobs ADD COLUMN batch TEXT;
  ALTER TABLE jobs ADD COLUMN webhook TEXT;                       -- address to be told of its end
  ALTER TABLE jobs ADD COLUMN keep_ms INTEGER;                    -- how long its files are wanted after its end
  ALTER TABLE jobs ADD COLUMN expires_ms INTEGER;                 -- when its files go; set at its end
  ALTER TABLE jobs ADD COLUMN source_expires_ms INTEGER;          -- when its source goes, as long as that is there
  ALTER TABLE jobs ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;    -- whether its files have gone
  ALTER TABLE jobs ADD COLUMN phases TEXT;                        -- JSON: milliseconds by phase, until its end
  ALTER TABLE jobs ADD COLUMN tries INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE jobs ADD COLUMN tiles INTEGER NOT NULL DEFAULT 0;   -- of all its stages
  ALTER TABLE jobs ADD COLUMN tiles_done INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN tiles_retried INTEGER NOT NULL DEFAULT 0;
  UPDATE jobs SET name = coalesce(request ->> '$.source.name', ''),
                  tiles = coalesce(request ->> '$.planned.tiles', 0),
                  tiles_done = (SELECT count(*) FROM tiles WHERE job = jobs.id AND done = 1);
  UPDATE jobs SET expires_ms = ended_ms + 86400000, source_expires_ms = ended_ms + 86400000
    WHERE state = 'failed' AND error_code IN ('tile_failed', 'tile_lost');
  -- All that lists are filtered by, in the order of lists: what fits no filter is passed over here, never in the table.
  CREATE INDEX jobs_listed ON jobs (number, owner, state, paused, created_ms, batch, name, id, labels);
  CREATE INDEX jobs_by_owner ON jobs (owner, number);
  CREATE INDEX jobs_by_owner_and_state ON jobs (owner, state);

  CREATE TABLE deliveries (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    job        TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    event      TEXT NOT NULL,  -- the state in which the job ended
    body       TEXT,           -- as it was sent first, and is sent again
    state      TEXT NOT NULL DEFAULT 'pending',
    attempts   INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    due_ms     INTEGER,        -- of the next attempt
    ended_ms   INTEGER,
    status     INTEGER,        -- of the last answer
    error      TEXT            -- why there was none
  ) STRICT;
  CREATE INDEX deliveries_by_job ON deliveries (job);
  CREATE INDEX deliveries_due ON deliveries (due_ms) WHERE due_ms IS NOT NULL;
  CREATE TRIGGER deliver_end AFTER UPDATE OF ended_ms ON jobs
  WHEN NEW.ended_ms IS NOT NULL AND NEW.webhook IS NOT NULL
  BEGIN
    INSERT INTO deliveries (id, job, event, created_ms, due_ms)
    VALUES (lower(hex(randomblob(16))), NEW.id, NEW.state, NEW.ended_ms, NEW.ended_ms);
  END;

  CREATE INDEX jobs_by_batch ON jobs (batch, number) WHERE batch IS NOT NULL;
  CREATE INDEX jobs_expiring ON jobs (expires_ms) WHERE expires_ms IS NOT NULL AND gone = 0;
  CREATE INDEX jobs_with_source ON jobs (source_expires_ms) WHERE source_expires_ms IS NOT NULL;
  CREATE INDEX jobs_ended ON jobs (ended_ms) WHERE ended_ms IS NOT NULL;

  CREATE TABLE batches (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    owner      TEXT NOT NULL,
    name       TEXT NOT NULL,
    options    TEXT NOT NULL,  -- JSON: what is asked for each image
    created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX batches_by_owner ON batches (owner, number);

  -- What a batch's jobs come to, by the state that they are shown in: to look at it costs the same however many there are.
  CREATE TABLE batch_sums (
    batch      TEXT NOT NULL,
    state      TEXT NOT NULL,
    jobs       INTEGER NOT NULL,
    tiles_done INTEGER NOT NULL,
    tiles      INTEGER NOT NULL,
    PRIMARY KEY (batch, state)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER batch_gains AFTER INSERT ON jobs WHEN NEW.batch IS NOT NULL
  BEGIN ${ADD}
  END;
  CREATE TRIGGER batch_changes AFTER UPDATE OF state, paused, tiles_done, tiles ON jobs WHEN NEW.batch IS NOT NULL
  BEGIN ${TAKE} ${ADD}
  END;
  CREATE TRIGGER batch_loses AFTER DELETE ON jobs WHEN OLD.batch IS NOT NULL
  BEGIN ${TAKE}
  END;

  -- Files that are sent in parts; what is behind the offset does not count.
  CREATE TABLE uploads (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    length     INTEGER NOT NULL,
    offset     INTEGER NOT NULL DEFAULT 0,
    metadata   TEXT,             -- as it was sent
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    job        TEXT              -- that it has become
  ) STRICT;
  CREATE INDEX uploads_by_owner ON uploads (owner) WHERE job IS NULL;
  CREATE INDEX uploads_expiring ON uploads (expires_ms);

  -- The tile for which a job has failed; it goes when the job is tried again.
  CREATE TABLE dead_letters (
    number INTEGER PRIMARY KEY,
    job    TEXT NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE,
    owner  TEXT NOT NULL,      -- the job's
    at_ms  INTEGER NOT NULL,
    letter TEXT NOT NULL       -- JSON of DeadLetter
  ) STRICT;
  CREATE INDEX dead_letters_by_owner ON dead_letters (owner, number);

  CREATE TABLE idempotency (
    owner      TEXT NOT NULL,
    key        TEXT NOT NULL,
    request    TEXT NOT NULL,  -- a digest of all that was sent
    job        TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_by_job ON idempotency (job);
  CREATE INDEX idempotency_by_time ON idempotency (created_ms);
  `,
];
