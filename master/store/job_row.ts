import { ACTIVE_STATES } from "../../shared/api/states.ts";
import { isErrorCode } from "../../shared/errors.ts";
import type { JobRecord, JobRequest, JobResult, JobState, Phases } from "../jobs/job.ts";

/** For `IN (…)`. */
export const sqlList = (states: readonly JobState[]): string =>
  states.map((state) => `'${state}'`).join(", ");
export const ACTIVE = sqlList(ACTIVE_STATES);

/** A row of the table `jobs`. */
export interface JobRow {
  number: number;
  id: string;
  state: JobState;
  request: string;
  created_ms: number;
  ended_ms: number | null;
  error_code: string | null;
  error_text: string | null;
  result: string | null;
  priority: number;
  paused: number;
  owner: string;
  labels: string;
  batch: string | null;
  webhook: string | null;
  keep_ms: number | null;
  expires_ms: number | null;
  source_expires_ms: number | null;
  gone: 0 | 1;
  phases: string | null;
  tries: number;
  tiles_done: number;
  tiles_retried: number;
}

export function toRecord(row: JobRow): JobRecord {
  const code = row.error_code;
  return {
    id: row.id,
    state: row.state,
    request: JSON.parse(row.request) as JobRequest,
    createdMs: row.created_ms,
    priority: row.priority,
    paused: row.paused === 1,
    owner: row.owner,
    labels: JSON.parse(row.labels) as Record<string, string>,
    ...(row.batch !== null && { batch: row.batch }),
    ...(row.webhook !== null && { webhook: row.webhook }),
    ...(row.keep_ms !== null && { keepMs: row.keep_ms }),
    ...(row.expires_ms !== null && { expiresMs: row.expires_ms }),
    ...(row.source_expires_ms !== null && { sourceExpiresMs: row.source_expires_ms }),
    gone: row.gone === 1,
    ...(row.phases !== null && { phases: JSON.parse(row.phases) as Phases }),
    tries: row.tries,
    tilesDone: row.tiles_done,
    tilesRetried: row.tiles_retried,
    ...(row.ended_ms !== null && { endedMs: row.ended_ms }),
    ...(code !== null && {
      error: { code: isErrorCode(code) ? code : "internal", message: row.error_text ?? "" },
    }),
    ...(row.result !== null && { result: JSON.parse(row.result) as JobResult }),
  };
}
