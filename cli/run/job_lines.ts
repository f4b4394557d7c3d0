import { hasEnded, type JobView } from "../../client/client.ts";
import { formatSeconds, paint } from "../terminal.ts";
import { bar, figuresOf, progressLine, REDRAW_MS, type Screen } from "./progress_bar.ts";

/** Shows how far several jobs are. */
export interface JobDisplay {
  show(job: JobView): void;
  /** Takes away what is not to stay. */
  clear(): void;
}

/** Bars on stderr if that is a terminal, and a line on `log` for each job that ends; otherwise lines on `log` only. */
export const jobDisplay = (log: Screen): JobDisplay =>
  process.stderr.isTTY ? new JobBars(process.stderr, log) : new JobLog(log);

/** A bar for each job that is at work; as many as there is room for. */
class JobBars implements JobDisplay {
  private readonly jobs = new Map<string, JobView>();
  private drawn = 0;
  private drawnMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly screen: Screen,
    private readonly log: Screen,
  ) {}

  show(job: JobView): void {
    if (hasEnded(job)) {
      this.jobs.delete(job.id);
      this.clear();
      this.log.write(`${endLine(this.log, job)}\n`);
      this.draw();
      return;
    }
    this.jobs.set(job.id, job);
    if (performance.now() - this.drawnMs >= REDRAW_MS) this.draw();
  }

  clear(): void {
    if (this.drawn === 0) return;
    const up = this.drawn > 1 ? `\x1b[${this.drawn - 1}A` : "";
    this.screen.write(`\r${up}\x1b[J`);
    this.drawn = 0;
  }

  private draw(): void {
    this.clear();
    const room = Math.max(1, (this.screen.rows ?? 24) - 2);
    const all = [...this.jobs.values()];
    const shown = all.slice(0, all.length > room ? room - 1 : room);
    const lines = shown.map((job) => progressLine(this.screen, job));
    if (all.length > shown.length) lines.push(`and ${all.length - shown.length} more`);
    this.screen.write(lines.join("\n"));
    this.drawn = lines.length;
    this.drawnMs = performance.now();
  }
}

/** For pipes and logs: a line for each state, and for each quarter of the tiles. */
class JobLog implements JobDisplay {
  private readonly told = new Map<string, string>();

  constructor(private readonly log: Screen) {}

  show(job: JobView): void {
    if (hasEnded(job)) {
      this.told.delete(job.id);
      this.log.write(`${endLine(this.log, job)}\n`);
      return;
    }
    const { tiles_done: done, tiles_total: total } = job.progress;
    const quarter = total === 0 ? 0 : Math.floor((4 * done) / total);
    const news = `${job.state} ${quarter}`;
    if (this.told.get(job.id) === news) return;
    this.told.set(job.id, news);
    this.log.write(`${job.id}  ${bar(quarter / 4)} ${`${quarter * 25}`.padStart(3)} %  ${figuresOf(job)}\n`);
  }

  clear(): void {}
}

/** What became of a job, in a line. */
function endLine(stream: Screen, job: JobView): string {
  const { id, state, source, error, progress, wall_ms } = job;
  const name = `${paint(stream, "bold", id)}  ${source.name}`;
  if (error !== undefined)
    return `${name}  ${paint(stream, "red", `failed: ${error.message} (${error.code})`)}`;
  return `${name}  ${state}: ${progress.tiles_done} tiles in ${formatSeconds(wall_ms / 1000)}`;
}
