import { SHOWN_STATES } from "../../shared/api/states.ts";
import type { JobRecord, JobState } from "../jobs/job.ts";
import type { Database } from "./database.ts";
import { ACTIVE, type JobRow, toRecord } from "./job_row.ts";

type ShownState = (typeof SHOWN_STATES)[number];

/** Which jobs are meant: those of which all holds that is said. */
export interface JobFilter {
  readonly owner?: string | undefined;
  /** One of them. */
  readonly states?: readonly ShownState[] | undefined;
  /** All of them. */
  readonly labels?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Created then or later, in milliseconds since 1970. */
  readonly fromMs?: number | undefined;
  /** Created earlier than that. */
  readonly untilMs?: number | undefined;
  /** In the name of its source, or in its id; whether in capitals or not. */
  readonly text?: string | undefined;
  readonly batch?: string | undefined;
  readonly ids?: readonly string[] | undefined;
}

export interface JobPage {
  readonly jobs: readonly JobRecord[];
  /** Where the next page begins, if there is one. */
  readonly next?: number;
  /** Where the page before begins, unless that is the list's beginning. */
  readonly previous?: number;
}

interface Where {
  readonly sql: string;
  readonly values: Record<string, string | number>;
}

/** Of all that was asked for, as it is stored. */
const PAGE_BYTES_MAX = 4 << 20;

/** By what they are shown as. */
export type JobCounts = Record<ShownState, number>;

/** Jobs by what they are, the newest first. Pages hang on the jobs' own numbers, so jobs that come in shift none. */
export class JobList {
  constructor(private readonly db: Database) {}

  /**
   * Of jobs that take a lot to be shown there are fewer on a page.
   *
   * @param before where the page begins: a `next` of the page before
   */
  page(filter: JobFilter, limit: number, before?: number): JobPage {
    const { sql, values } = where(filter, before);
    const fitting = `SELECT number FROM ${tableFor(filter)} ${sql} ORDER BY number DESC LIMIT $limit`;
    const found = this.db
      .prepare(
        `SELECT number, octet_length(request) AS bytes FROM jobs WHERE number IN (${fitting}) ORDER BY number DESC`,
      )
      .all({ ...values, limit: limit + 1 }) as { number: number; bytes: number }[];
    let bytes = 0;
    const tooMuch = found.findIndex((row, i) => {
      bytes += row.bytes;
      return i === limit || (i > 0 && bytes > PAGE_BYTES_MAX);
    });
    const shown = tooMuch < 0 ? found : found.slice(0, tooMuch);
    const jobs = this.db
      .prepare(
        "SELECT * FROM jobs WHERE number IN (SELECT value FROM json_each($shown)) ORDER BY number DESC",
      )
      .all({ shown: JSON.stringify(shown.map(({ number }) => number)) }) as JobRow[];
    const previous = before === undefined ? undefined : this.previous(filter, limit, before);
    return {
      jobs: jobs.map(toRecord),
      ...(tooMuch >= 0 && { next: shown.at(-1)!.number }),
      ...(previous !== undefined && { previous }),
    };
  }

  /** Where a page of that length begins which ends where `before` begins; undefined for the list's beginning. */
  private previous(filter: JobFilter, limit: number, before: number): number | undefined {
    const { sql, values } = where(filter, before, ">=");
    const row = this.db
      .prepare(`SELECT number FROM ${tableFor(filter)} ${sql} ORDER BY number LIMIT 1 OFFSET $limit`)
      .get({ ...values, limit }) as { number: number } | null;
    return row?.number;
  }

  /** How many there are in each state; of one owner, or of all. */
  counts(owner?: string): JobCounts {
    const own = owner === undefined ? "" : "owner = $owner AND";
    const by = (sql: string) =>
      this.db.prepare(sql).all(owner === undefined ? {} : { owner }) as { state: JobState; jobs: number }[];
    const counts = { ...NONE };
    // The index has it all; only of those that are active it is looked whether they are paused.
    for (const { state, jobs } of by(
      `SELECT state, count(*) AS jobs FROM jobs WHERE ${own} TRUE GROUP BY state`,
    ))
      counts[state] = jobs;
    const paused = `SELECT state, count(*) AS jobs FROM jobs
      WHERE ${own} state IN (${ACTIVE}) AND paused = 1 GROUP BY state`;
    for (const { state, jobs } of by(paused)) {
      counts[state] -= jobs;
      counts.paused += jobs;
    }
    return counts;
  }

  count(filter: JobFilter, before?: number): number {
    const { sql, values } = where(filter, before);
    const counted = `SELECT count(*) AS jobs FROM ${tableFor(filter)} ${sql}`;
    return (this.db.prepare(counted).get(values) as { jobs: number }).jobs;
  }
}

const NONE = Object.fromEntries(SHOWN_STATES.map((state) => [state, 0])) as JobCounts;

/** Gone through from where the page begins, unless there is a shorter way. */
function tableFor({ owner, ids, batch, ...others }: JobFilter): string {
  const through = Object.values(others).some((value) => value !== undefined);
  return ids === undefined && batch === undefined && through ? "jobs INDEXED BY jobs_listed" : "jobs";
}

function where(filter: JobFilter, before = Number.MAX_SAFE_INTEGER, side: "<" | ">=" = "<"): Where {
  const { owner, states, labels = [], fromMs, untilMs, text, batch, ids } = filter;
  const parts = [`number ${side} $before`];
  const values: Where["values"] = { before };
  const holds = (sql: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return;
    parts.push(sql);
    values[name] = value;
  };
  holds("owner = $owner", "owner", owner);
  holds("batch = $batch", "batch", batch);
  holds("created_ms >= $fromMs", "fromMs", fromMs);
  holds("created_ms < $untilMs", "untilMs", untilMs);
  const inId = text !== undefined && ID_PART.test(text) ? "OR id LIKE $text" : "";
  holds(`(name LIKE $text ESCAPE '\\' ${inId})`, "text", text && pattern(text));
  holds("id IN (SELECT value FROM json_each($ids))", "ids", ids && JSON.stringify(ids));
  labels.forEach(([name, value], i) => {
    parts.push(`labels ->> $name${i} = $value${i}`);
    values[`name${i}`] = `$."${name}"`;
    values[`value${i}`] = value;
  });
  if (states !== undefined) parts.push(`(${states.map(shownAs).join(" OR ") || "FALSE"})`);
  return { sql: `WHERE ${parts.join(" AND ")}`, values };
}

/** `+`: the table is gone through by its numbers, from where the page begins to where it is full. */
function shownAs(state: ShownState): string {
  if (state === "paused") return `(+paused = 1 AND +state IN (${ACTIVE}))`;
  return `(+state = '${state}' AND (+paused = 0 OR +state NOT IN (${ACTIVE})))`;
}

/** Nothing else stands in an id. */
const ID_PART = /^[\w-]+$/;

const pattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
