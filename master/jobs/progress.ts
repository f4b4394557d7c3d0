import type { TileEvent } from "../dispatch/dispatcher.ts";
import { hasEnded, type JobRecord, type JobView, type Phases } from "./job.ts";
import type { TileMap } from "./tile_map.ts";

/** What one job under way has done so far; kept in memory, since the store tells it anew after a restart. */
export class Progress {
  private readonly doneBefore: number;
  private firstTileMs: number | undefined;
  private heardMs: number;

  constructor(
    readonly tiles: TileMap,
    /** Attempts at its tiles that were made in vain. */
    public retried: number,
    private readonly now: () => number,
  ) {
    this.doneBefore = tiles.done;
    this.heardMs = now();
  }

  tile({ what }: TileEvent): void {
    const nowMs = this.now();
    this.firstTileMs ??= nowMs;
    if (what === "done" || what === "refused") this.heardMs = nowMs;
    if (what === "refused") this.retried++;
  }

  view(total: number): JobView["progress"] {
    const seconds = this.firstTileMs === undefined ? 0 : (this.now() - this.firstTileMs) / 1000;
    const { done } = this.tiles;
    const tilesPerSecond = seconds > 0 ? (done - this.doneBefore) / seconds : 0;
    const left = total - done;
    return {
      tiles_done: done,
      tiles_total: total,
      tiles_failed: this.tiles.failed,
      tiles_retried: this.retried,
      tiles_per_second: tilesPerSecond,
      ...(tilesPerSecond > 0 && { seconds_left: left / tilesPerSecond }),
      heard_ms_ago: this.now() - this.heardMs,
    };
  }
}

/** What is known of a job that is under way. */
export interface UnderWay {
  readonly progress: Progress;
  readonly phases: Phases;
}

/** A job as it is shown; `now` for one that has not ended. */
export function viewOf(record: JobRecord, underWay: UnderWay | undefined, now: number): JobView {
  const { request, result } = record;
  const { probe, source, output, pipeline, planned } = request;
  const wallMs = result?.wallMs ?? (record.endedMs ?? now) - record.createdMs;
  const phases = result?.phases ?? record.phases ?? underWay?.phases;
  const { tilesDone, tilesRetried, error } = record;
  const still = {
    tiles_done: result === undefined ? tilesDone : planned.tiles,
    tiles_total: planned.tiles,
    tiles_failed: error?.code === "tile_failed" || error?.code === "tile_lost" ? 1 : 0,
    tiles_retried: tilesRetried,
    tiles_per_second: result === undefined || wallMs === 0 ? 0 : (planned.tiles / wallMs) * 1000,
  };
  return {
    id: record.id,
    state: record.paused && !hasEnded(record.state) ? "paused" : record.state,
    priority: record.priority,
    owner: record.owner,
    labels: { ...record.labels },
    ...(record.batch !== undefined && { batch: record.batch }),
    ...(record.webhook !== undefined && { webhook: record.webhook }),
    ...(record.expiresMs !== undefined && { expires_at: new Date(record.expiresMs).toISOString() }),
    created_at: new Date(record.createdMs).toISOString(),
    ...(record.endedMs !== undefined && { ended_at: new Date(record.endedMs).toISOString() }),
    wall_ms: wallMs,
    source: {
      name: source.name,
      type: probe.type,
      width: probe.width,
      height: probe.height,
      bytes: probe.bytes,
      ...(record.sourceExpiresMs !== undefined && {
        expires_at: new Date(record.sourceExpiresMs).toISOString(),
      }),
    },
    pipeline: [...pipeline],
    stages: planned.stages,
    attempts: record.tries,
    progress: underWay?.progress.view(planned.tiles) ?? still,
    output: {
      format: output.format,
      width: planned.width,
      height: planned.height,
      ...(result && { bytes: result.bytes }),
    },
    ...(phases && timesOf(phases, record.createdMs)),
    ...(record.error && { error: record.error }),
  };
}

/** How long each phase took, and when after the job's creation it began, as far as that is known. */
function timesOf(phases: Phases, createdMs: number): Required<Pick<JobView, "phases" | "timeline">> {
  const each = Object.entries(phases);
  return {
    phases: Object.fromEntries(
      each.map(([name, phase]) => [name, typeof phase === "number" ? phase : phase.ms]),
    ),
    timeline: each.flatMap(([phase, span]) =>
      typeof span === "number"
        ? []
        : [{ phase, from_ms: Math.max(0, span.beganMs - createdMs), ms: span.ms }],
    ),
  };
}
