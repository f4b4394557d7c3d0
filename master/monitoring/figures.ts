import type { HistoryView } from "../../shared/api/stats.ts";
import type { Bus, BusCounts } from "../../shared/bus/port.ts";
import type { Every } from "../clock.ts";
import type { JobFiles } from "../jobs/job_files.ts";
import type { JobRunner } from "../jobs/runner.ts";
import type { TileChange } from "../jobs/tile_map.ts";

/** Tiles whose times are remembered. */
const TILES_MAX = 4096;
/** How far back the times of tiles go that are told. */
const LATELY_MS = 5 * 60_000;
/** A point of the history each, for an hour. */
const POINT_EVERY_MS = 10_000;
const POINTS_MAX = 360;

interface FiguresNeeds {
  readonly bus: Pick<Bus, "counts" | "topics">;
  readonly files: Pick<JobFiles, "disk">;
  readonly runner: Pick<JobRunner, "load">;
  readonly now: () => number;
  readonly every: Every;
}

/** Milliseconds that half of the tiles take at most, and 19 of 20; nothing where there were none. */
interface TileTimes {
  readonly p50: number | null;
  readonly p95: number | null;
}

type Point = { readonly [K in keyof HistoryView]: HistoryView[K][number] };

/** How the server is: its load, disk and bus, how quickly tiles are done; and how the last hour went. */
export class Figures {
  private readonly startedMs: number;
  /** Attempts at tiles since the start, by what became of them. */
  readonly tiles = { done: 0, failed: 0, bytes: 0 };
  private readonly times = new Times();
  private readonly points: Point[] = [];
  /** As it was at the last point. */
  private last: { readonly atMs: number } & Figures["tiles"];
  private end: (() => void) | undefined;

  constructor(private readonly needs: FiguresNeeds) {
    this.startedMs = needs.now();
    this.last = { atMs: this.startedMs, ...this.tiles };
  }

  start(): void {
    this.end = this.needs.every(POINT_EVERY_MS, () => this.point());
  }

  stop(): void {
    this.end?.();
  }

  tile({ state, ms, bytes }: Pick<TileChange, "state" | "ms" | "bytes">): void {
    if (state === "failed") this.tiles.failed++;
    if (state !== "done") return;
    this.tiles.done++;
    this.tiles.bytes += bytes;
    this.times.add(this.needs.now(), ms);
  }

  get uptimeMs(): number {
    return Math.max(0, this.needs.now() - this.startedMs);
  }

  get load(): ReturnType<JobRunner["load"]> {
    return this.needs.runner.load();
  }

  get disk(): ReturnType<JobFiles["disk"]> {
    return this.needs.files.disk();
  }

  /** Of a bus that leaves the process. */
  get bus(): BusCounts | undefined {
    return this.needs.bus.counts;
  }

  /** See `Bus.topics`. */
  get topics(): Bus["topics"] {
    const { bus } = this.needs;
    return bus.topics && (() => bus.topics!());
  }

  /** Of the last minutes. */
  tileTimes(): TileTimes {
    return this.times.since(this.needs.now() - LATELY_MS);
  }

  /** The oldest first. */
  history(): HistoryView {
    const column = <K extends keyof Point>(name: K): Point[K][] => this.points.map((point) => point[name]);
    return {
      at: column("at"),
      jobs_running: column("jobs_running"),
      jobs_queued: column("jobs_queued"),
      tiles_per_second: column("tiles_per_second"),
      bytes_per_second: column("bytes_per_second"),
      tiles_failed: column("tiles_failed"),
      tile_ms_p50: column("tile_ms_p50"),
      tile_ms_p95: column("tile_ms_p95"),
    };
  }

  private point(): void {
    const atMs = this.needs.now();
    const { last, tiles } = this;
    const { running, queued } = this.load;
    const { p50, p95 } = this.times.latest(tiles.done - last.done);
    const seconds = Math.max(1, atMs - last.atMs) / 1000;
    this.points.push({
      ...{ at: new Date(atMs).toISOString(), jobs_running: running, jobs_queued: queued },
      tiles_per_second: hundredths((tiles.done - last.done) / seconds),
      bytes_per_second: Math.round((tiles.bytes - last.bytes) / seconds),
      ...{ tiles_failed: tiles.failed - last.failed, tile_ms_p50: p50, tile_ms_p95: p95 },
    });
    if (this.points.length > POINTS_MAX) this.points.shift();
    this.last = { atMs, ...tiles };
  }
}

/** A pace that dies away is nothing at some time. */
export const hundredths = (number: number): number => Math.round(number * 100) / 100;

/** The latest so many times of tiles. */
class Times {
  private readonly atMs = new Float64Array(TILES_MAX);
  private readonly ms = new Float64Array(TILES_MAX);
  private count = 0;

  add(atMs: number, ms: number): void {
    const place = this.count++ % TILES_MAX;
    this.atMs[place] = atMs;
    this.ms[place] = ms;
  }

  since(fromMs: number): TileTimes {
    return this.of((place) => this.atMs[place]! >= fromMs);
  }

  latest(count: number): TileTimes {
    return this.of((place) => (this.count - 1 - place) % TILES_MAX < count);
  }

  private of(wanted: (place: number) => boolean): TileTimes {
    const known = this.ms.subarray(0, Math.min(this.count, TILES_MAX));
    const sorted = known.filter((_, place) => wanted(place)).sort();
    const at = (share: number) => hundredths(sorted[Math.ceil(share * sorted.length) - 1]!);
    return sorted.length === 0 ? { p50: null, p95: null } : { p50: at(0.5), p95: at(0.95) };
  }
}
