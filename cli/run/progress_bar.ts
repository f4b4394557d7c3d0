import type { JobView } from "../../shared/api/job.ts";
import { formatSeconds, paint } from "../terminal.ts";

const CELLS = 24;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/** Quicker than this nobody can read. */
export const REDRAW_MS = 80;

/** A terminal, or what stands for one. */
export interface Screen {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
  readonly isTTY?: boolean;
}

export interface ProgressDisplay {
  show(job: JobView): void;
  /** Takes the bar away, so that a line can be printed. */
  clear(): void;
}

export interface BarOptions {
  /** How many images there are, and how many are finished. */
  readonly images: number;
  readonly finished: () => number;
  readonly now?: () => number;
}

/** A bar on stderr if that is a terminal; otherwise nothing, or at `always` a line now and then. */
export function progressDisplay(options: BarOptions, always = false): ProgressDisplay {
  if (process.stderr.isTTY) return new ProgressBar(process.stderr, options);
  if (always) return new ProgressLines(process.stderr);
  return { show() {}, clear() {} };
}

/** For a log: one line at each quarter of a job. */
class ProgressLines implements ProgressDisplay {
  private quarter = 0;

  constructor(private readonly stream: { write(text: string): unknown }) {}

  show(job: JobView): void {
    const { tiles_done: tilesDone, tiles_total: tilesTotal } = job.progress;
    const quarter = tilesTotal === 0 ? 0 : Math.floor((4 * tilesDone) / tilesTotal);
    if (quarter <= this.quarter) return;
    this.quarter = quarter;
    this.stream.write(`${bar(quarter / 4)} ${quarter * 25} %  ${figuresOf(job)}\n`);
  }

  clear(): void {}
}

export class ProgressBar implements ProgressDisplay {
  private drawnMs = Number.NEGATIVE_INFINITY;
  private drawn = false;
  private readonly now: () => number;

  constructor(
    private readonly stream: Screen,
    private readonly options: BarOptions,
  ) {
    this.now = options.now ?? (() => performance.now());
  }

  show(job: JobView): void {
    const { tiles_done: tilesDone, tiles_total: tilesTotal } = job.progress;
    const complete = tilesDone === tilesTotal;
    if (!complete && this.now() - this.drawnMs < REDRAW_MS) return;
    this.drawnMs = this.now();
    this.drawn = true;
    this.stream.write(`\r${this.line(job)}\x1b[K`);
  }

  clear(): void {
    if (this.drawn) this.stream.write("\r\x1b[K");
    this.drawn = false;
  }

  private line(job: JobView): string {
    const { images, finished } = this.options;
    const count = images > 1 ? `${Math.min(finished() + 1, images)}/${images} ` : "";
    return count + progressLine(this.stream, job, count.length);
  }
}

/** How far a job is, cut to the terminal's width: a line that wraps could not be drawn over. */
export function progressLine(stream: Screen, job: JobView, used = 0): string {
  const { tiles_done: tilesDone, tiles_total: tilesTotal } = job.progress;
  const part = tilesTotal === 0 ? 0 : tilesDone / tilesTotal;
  const percent = `${Math.floor(part * 100)}`.padStart(3);
  const figures = `${percent} %  ${figuresOf(job)}`;
  const room = (stream.columns ?? 80) - CELLS - 4 - used - figures.length - 1;
  const name = room < 8 ? "" : `${shorten(job.source.name, room - 1)} `;
  return `${name}${paint(stream, "cyan", bar(part))} ${figures}`;
}

/** What a job is at, in words: "212 tiles/s, 3.1 s left". */
export function figuresOf({ state, progress }: JobView): string {
  const {
    tiles_per_second: tilesPerSecond,
    seconds_left: secondsLeft,
    tiles_done: tilesDone,
    tiles_total: tilesTotal,
  } = progress;
  if (tilesDone === tilesTotal && tilesTotal > 0) return state === "done" ? "done" : "writing";
  if (tilesDone === 0 || secondsLeft === undefined) return state;
  return `${tilesPerSecond.toFixed(0)} tiles/s, ${formatSeconds(secondsLeft)} left`;
}

export function bar(part: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, part)) * CELLS * 8);
  const full = "█".repeat(eighths >> 3);
  return `▕${(full + EIGHTHS[eighths & 7]).padEnd(CELLS)}▏`;
}

/** The end of a path says more than its beginning. */
const shorten = (text: string, room: number): string =>
  text.length <= room ? text : `…${text.slice(text.length - room + 1)}`;
