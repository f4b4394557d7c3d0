import { type ACTIVE_STATES, ENDED_STATES, type JobView } from "../../shared/api/job.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import type { Step } from "../../shared/ops/op.ts";
import type { OutputSpec } from "../export/output.ts";
import type { Profile } from "../ingest/ingest.ts";
import type { Probe } from "../probe/types.ts";

/**
 * The state machine of a job. A state names the first phase that is not complete: tiles run while the source is still
 * being decoded, and strips are encoded while tiles run.
 *
 *     queued → ingesting → running → exporting → done
 *        └─────────┴──────────┴──────────┴────→ failed | cancelled
 *
 * Beside its state a job that has not ended may be paused: it is interrupted as by a restart, and taken up where it
 * stood when it is resumed. A job that failed by a tile can be tried again: it is queued anew, and what was done stays.
 */
export type ActiveState = (typeof ACTIVE_STATES)[number];
export type EndedState = (typeof ENDED_STATES)[number];
export type JobState = ActiveState | EndedState;

export const hasEnded = (state: JobView["state"]): boolean =>
  (ENDED_STATES as readonly string[]).includes(state);

/** What was asked for; written once, and all that a restart needs beside the source file. */
export interface JobRequest {
  readonly source: {
    readonly path: string;
    /** Whether the file is ours, to be removed with the job. */
    readonly owned: boolean;
    /** What the sender calls it; for people to read, never a path. */
    readonly name: string;
  };
  readonly probe: StoredProbe;
  readonly pipeline: readonly Step[];
  readonly output: OutputSpec;
  readonly profile: Profile;
  readonly tileSize: number;
  /** What the plan came to; the plan itself follows from the rest. */
  readonly planned: {
    readonly stages: number;
    readonly tiles: number;
    readonly width: number;
    readonly height: number;
  };
}

/** A probe without its metadata, which is read from the source again when it is needed. */
export type StoredProbe = Omit<Probe, "metadata">;

export interface JobResult {
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly wallMs: number;
  readonly phases: Readonly<Record<string, number>>;
}

/** What stands beside the request: whose job it is, and what its owner wants to be known or done. */
export interface JobAbout {
  /** See `Caller`. */
  readonly owner: string;
  readonly priority: number;
  /** Free texts by name. */
  readonly labels: Readonly<Record<string, string>>;
  readonly batch?: string;
  /** Address that is told of the job's end. */
  readonly webhook?: string;
  /** When its files go, in milliseconds since 1970. */
  readonly expiresMs?: number;
}

export interface JobRecord extends JobAbout {
  readonly id: string;
  readonly state: JobState;
  readonly paused: boolean;
  readonly request: JobRequest;
  readonly createdMs: number;
  readonly endedMs?: number;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly result?: JobResult;
}

/** A job as it is shown. */
export type { JobView };
