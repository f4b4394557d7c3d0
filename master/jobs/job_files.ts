import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, TesseraError } from "../../shared/errors.ts";
import { canvasBytes } from "../canvas/canvas.ts";
import type { Limits } from "../limits.ts";
import type { Plan } from "../plan/plan.ts";
import type { JobStore } from "../store/store.ts";
import { hasEnded, type JobRecord } from "./job.ts";

/** Failures that another try may not have: these jobs' files are kept for a while. */
const KEPT: ReadonlySet<ErrorCode> = new Set(["tile_failed", "tile_lost"]);

const isKept = ({ state, error }: JobRecord): boolean =>
  state === "failed" && error !== undefined && KEPT.has(error.code);

export const resultName = ({ request }: JobRecord): string => `result.${request.output.format}`;

/** Which files of the master's folder belong to which job, and for how long. */
export class JobFiles {
  /** Where uploads are written to before they are submitted; on the same disk as everything else. */
  readonly uploads: string;
  private readonly jobs: string;

  constructor(
    private readonly dir: string,
    private readonly limits: Limits,
    private readonly now: () => number,
  ) {
    this.uploads = join(dir, "uploads");
    this.jobs = join(dir, "jobs");
    for (const folder of [this.uploads, this.jobs]) mkdirSync(folder, { recursive: true });
  }

  folderOf(id: string): string {
    return join(this.jobs, id);
  }

  /** The finished file of a job that is done, if it is there. */
  resultOf(record: JobRecord): string | undefined {
    const path = join(this.folderOf(record.id), resultName(record));
    return record.state === "done" && existsSync(path) ? path : undefined;
  }

  /** Whether a failed job can be tried again: its source is there, and what was done of it. */
  areKept(record: JobRecord): boolean {
    return isKept(record) && [record.request.source.path, this.folderOf(record.id)].every(existsSync);
  }

  /** Refuses a job whose canvases would not leave the disk the room that it has to keep. @throws disk_full */
  checkRoom(plan: Plan): void {
    const { bavail, bsize } = statfsSync(this.dir);
    const last = plan.stages.at(-1)!;
    const needed = canvasBytes(plan.stages[0]!.input) + 2 * canvasBytes(last.output);
    if (bavail * bsize - needed < this.limits.freeBytesMin)
      throw new TesseraError("disk_full", `The job needs about ${Math.ceil(needed / 2 ** 20)} MiB.`);
  }

  /** What an ended job needs no longer. */
  leftovers(record: JobRecord): string[] {
    return !hasEnded(record.state) || isKept(record) ? [] : this.all(record);
  }

  discard(record: JobRecord): void {
    for (const path of this.leftovers(record)) rmSync(path, { recursive: true, force: true });
  }

  /** What a crash left between an upload and its job, or between a job's end and its clean-up. */
  removeOrphans(store: JobStore, unfinished: readonly JobRecord[]): void {
    this.sweep(store);
    const kept = store.endedBefore("failed", Number.MAX_SAFE_INTEGER).filter(isKept);
    const wanted = new Set([...unfinished, ...kept].map(({ request }) => request.source.path));
    for (const file of readdirSync(this.uploads)) {
      const path = join(this.uploads, file);
      if (!wanted.has(path)) rmSync(path, { force: true });
    }
    for (const id of readdirSync(this.jobs)) {
      const record = store.get(id);
      if (record === undefined) rmSync(this.folderOf(id), { recursive: true, force: true });
      else this.discard(record);
    }
  }

  /** Of jobs that nobody has tried again in time the files go; their rows stay. */
  sweep(store: JobStore): void {
    for (const record of store.endedBefore("failed", this.now() - this.limits.failedKeptMs)) {
      if (!isKept(record)) continue;
      for (const path of this.all(record)) rmSync(path, { recursive: true, force: true });
    }
  }

  /** All files of an ended job but its result. */
  private all(record: JobRecord): string[] {
    const { source } = record.request;
    const dir = this.folderOf(record.id);
    const files = existsSync(dir) ? readdirSync(dir).filter((file) => file !== resultName(record)) : [];
    const unwanted = record.state === "done" ? files.map((file) => join(dir, file)) : [dir];
    return source.owned ? [...unwanted, source.path] : unwanted;
  }
}
