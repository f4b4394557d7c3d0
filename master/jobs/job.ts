import type { JobView } from "../../shared/api/job.ts";
import { type ACTIVE_STATES, ENDED_STATES } from "../../shared/api/states.ts";
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
  readonly phases: Phases;
}

/** A stretch of a job's way. */
export interface Phase {
  /** As the master's clock has it. */
  readonly beganMs: number;
  readonly ms: number;
}

/** By name. A number is what one took, of jobs that ended before it was kept when phases began. */
export type Phases = Readonly<Record<string, Phase | number>>;

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
  /** How long its files are wanted once it has ended, in milliseconds. */
  readonly keepMs?: number;
}

/** Until when files of an ended job are kept, in milliseconds since 1970. */
export interface Kept {
  /** Its result, or what another try would need. */
  readonly expiresMs?: number;
  /** Its source; without it, that is gone. */
  readonly sourceExpiresMs?: number;
}

export interface JobRecord extends JobAbout, Kept {
  readonly id: string;
  readonly state: JobState;
  readonly paused: boolean;
  readonly request: JobRequest;
  readonly createdMs: number;
  readonly endedMs?: number;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly result?: JobResult;
  /** Of a job that has ended without a result. */
  readonly phases?: Phases;
  /** Whether its files have expired. */
  readonly gone: boolean;
  /** How often it has been begun anew, with the first time. */
  readonly tries: number;
  /** Of all stages, those that are marked. */
  readonly tilesDone: number;
  /** Attempts at tiles that were made in vain. */
  readonly tilesRetried: number;
}

/** Something that has happened to a job. */
export interface JobEvent {
  /** Later ones have higher ones. */
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  readonly what: string;
  readonly detail: string;
}

/** A job as it is shown. */
export type { JobView };
