import type { TileEvent } from "../dispatch/dispatcher.ts";
import { hasEnded, type JobRecord, type JobView } from "./job.ts";
import type { TileMap } from "./tile_map.ts";

/** What one job under way has done so far; kept in memory, since the store tells it anew after a restart. */
export class Progress {
  private readonly doneBefore: number;
  private retried = 0;
  private firstTileMs: number | undefined;

  constructor(
    readonly tiles: TileMap,
    private readonly now: () => number,
  ) {
    this.doneBefore = tiles.done;
  }

  tile({ what }: TileEvent): void {
    this.firstTileMs ??= this.now();
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
      tiles_retried: this.retried,
      tiles_per_second: tilesPerSecond,
      ...(tilesPerSecond > 0 && { seconds_left: left / tilesPerSecond }),
    };
  }
}

/** A job as it is shown; `now` for one that has not ended, `progress` while it is under way or else its tiles `done`. */
export function viewOf(record: JobRecord, progress: Progress | number, now: number): JobView {
  const { request, result } = record;
  const { probe, source, output, pipeline, planned } = request;
  const wallMs = result?.wallMs ?? (record.endedMs ?? now) - record.createdMs;
  const still = (done: number): JobView["progress"] => ({
    tiles_done: done,
    tiles_total: planned.tiles,
    tiles_retried: 0,
    tiles_per_second: result === undefined ? 0 : (done / wallMs) * 1000,
  });
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
    },
    pipeline: [...pipeline],
    stages: planned.stages,
    progress: typeof progress === "number" ? still(progress) : progress.view(planned.tiles),
    output: {
      format: output.format,
      width: planned.width,
      height: planned.height,
      ...(result && { bytes: result.bytes }),
    },
    ...(result && { phases: result.phases }),
    ...(record.error && { error: record.error }),
  };
}
