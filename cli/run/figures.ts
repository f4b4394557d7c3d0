import type { JobView } from "../../shared/api/job.ts";
import { peakRssBytes } from "../../shared/peak_memory.ts";
import { formatBytes, formatSeconds } from "../terminal.ts";

/** What `run --json` prints of one image. */
export interface Figures {
  readonly input: string;
  readonly output: string;
  /** Of the result, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly tiles: number;
  readonly stages: number;
  /** From the moment it was taken up until its result was in its place. */
  readonly wall_ms: number;
  readonly tiles_per_second: number;
  /** The most memory that this process has had so far. */
  readonly peak_rss_bytes: number;
}

export function figuresFor(input: string, output: string, job: JobView, wallMs: number): Figures {
  const tiles = job.progress.tiles_total;
  return {
    input,
    output,
    width: job.output.width,
    height: job.output.height,
    tiles,
    stages: job.stages,
    wall_ms: Math.round(wallMs * 10) / 10,
    tiles_per_second: Math.round((tiles / wallMs) * 10_000) / 10,
    peak_rss_bytes: peakRssBytes(),
  };
}

export function figuresText(figures: Figures, job: JobView): string {
  const { width, height, tiles, wall_ms, tiles_per_second } = figures;
  const size = job.output.bytes === undefined ? "" : `, ${formatBytes(job.output.bytes)}`;
  const speed = `${tiles} tiles in ${formatSeconds(wall_ms / 1000)}, ${tiles_per_second.toFixed(0)} tiles/s`;
  return `${width} × ${height} ${job.output.format}${size}; ${speed}`;
}
