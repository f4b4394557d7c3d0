import { existsSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, TesseraError } from "../../shared/errors.ts";
import { canvasBytes } from "../canvas/canvas.ts";
import type { Limits } from "../limits.ts";
import type { Plan } from "../plan/plan.ts";
import { makeFolder } from "../store/folder.ts";
import { hasEnded, type JobRecord, type Kept } from "./job.ts";

/** Failures that another try may not have: these jobs' files are kept for a while. */
const KEPT: ReadonlySet<ErrorCode> = new Set(["tile_failed", "tile_lost"]);

const isKept = ({ state, error, gone }: JobRecord): boolean =>
  !gone && state === "failed" && error !== undefined && KEPT.has(error.code);

export const resultName = ({ request }: JobRecord): string => `result.${request.output.format}`;

/** Which files of the master's folder belong to which job, and for how long. */
export class JobFiles {
  /** Where uploads are written to before they are submitted; on the same disk as everything else. */
  readonly uploads: string;
  /** A folder for each job. */
  readonly jobs: string;

  constructor(
    private readonly dir: string,
    private readonly limits: Limits,
    private readonly now: () => number,
  ) {
    this.uploads = join(dir, "uploads");
    this.jobs = join(dir, "jobs");
    for (const folder of [this.uploads, this.jobs]) makeFolder(folder);
  }

  folderOf(id: string): string {
    return join(this.jobs, id);
  }

  /** @throws job_not_done, job_result_expired */
  resultNeeded(record: JobRecord): string {
    const path = this.resultOf(record);
    if (path !== undefined) return path;
    if (record.state === "done") throw new TesseraError("job_result_expired");
    throw new TesseraError("job_not_done", `Its state is ${record.state}.`);
  }

  /** The finished file of a job that is done, if it is there. */
  resultOf(record: JobRecord): string | undefined {
    const path = join(this.folderOf(record.id), resultName(record));
    return record.state === "done" && this.isInTime(record) && existsSync(path) ? path : undefined;
  }

  /** The file that a job was sent with, as long as it is needed or kept. */
  sourceFileOf(record: JobRecord): string | undefined {
    const { path, owned } = record.request.source;
    const kept = !hasEnded(record.state) || this.now() < (record.sourceExpiresMs ?? 0);
    return owned && kept && existsSync(path) ? path : undefined;
  }

  /** @throws job_source_gone */
  sourceNeeded(record: JobRecord): string {
    const path = this.sourceFileOf(record);
    if (path === undefined) throw new TesseraError("job_source_gone");
    return path;
  }

  /** Whether a failed job can be tried again: its source is there, and what was done of it. */
  areKept(record: JobRecord): boolean {
    const wanted = [record.request.source.path, this.folderOf(record.id)];
    return isKept(record) && this.isInTime(record) && wanted.every(existsSync);
  }

  /** Until when the files of a job are kept that is done now. */
  keptWhenDone({ keepMs = this.limits.resultKeptMs, request }: JobRecord): Kept {
    const resultMs = Math.min(keepMs, this.limits.resultKeptMsMax);
    const sourceMs = Math.min(resultMs, this.limits.sourceKeptMs);
    return {
      expiresMs: this.now() + resultMs,
      ...(sourceMs > 0 && request.source.owned && { sourceExpiresMs: this.now() + sourceMs }),
    };
  }

  /** The same of one that has failed now. */
  keptWhenFailed(code: ErrorCode): Kept {
    const expiresMs = this.now() + this.limits.failedKeptMs;
    return KEPT.has(code) ? { expiresMs, sourceExpiresMs: expiresMs } : {};
  }

  /** Refuses a job whose canvases would not leave the disk the room that it has to keep. @throws disk_full */
  checkRoom(plan: Plan): void {
    const last = plan.stages.at(-1)!;
    const needed = canvasBytes(plan.stages[0]!.input) + 2 * canvasBytes(last.output);
    this.checkFree(needed, `The job needs about ${Math.ceil(needed / 2 ** 20)} MiB.`);
  }

  /** Refuses so many bytes more if they would not leave the disk that room. @throws disk_full */
  checkFree(bytes: number, detail = ""): void {
    const { freeBytes, keptBytes } = this.disk();
    if (freeBytes - bytes < keptBytes) throw new TesseraError("disk_full", detail);
  }

  /** What is free, and what of it stays so. */
  disk(): { readonly freeBytes: number; readonly keptBytes: number } {
    const { bavail, bsize } = statfsSync(this.dir);
    return { freeBytes: bavail * bsize, keptBytes: this.limits.freeBytesMin };
  }

  /** What an ended job needs no longer. */
  leftovers(record: JobRecord): string[] {
    if (!hasEnded(record.state) || isKept(record)) return [];
    if (record.state !== "done" || record.gone) return this.all(record);
    const dir = this.folderOf(record.id);
    const files = existsSync(dir) ? readdirSync(dir).filter((file) => file !== resultName(record)) : [];
    const source = record.sourceExpiresMs === undefined ? this.sourceOf(record) : [];
    return [...files.map((file) => join(dir, file)), ...source];
  }

  discard(record: JobRecord): void {
    this.removeNow(this.leftovers(record));
  }

  removeNow(paths: readonly string[]): void {
    for (const path of paths) rmSync(path, { recursive: true, force: true });
  }

  /** Uploads that nobody keeps, and folders of no job. */
  orphans(kept: ReadonlySet<string>, isJob: (id: string) => boolean): string[] {
    const uploads = readdirSync(this.uploads).map((file) => join(this.uploads, file));
    const jobs = readdirSync(this.jobs).filter((id) => !isJob(id));
    return [...uploads.filter((path) => !kept.has(path)), ...jobs.map((id) => this.folderOf(id))];
  }

  /** All files of a job. */
  all(record: JobRecord): string[] {
    return [this.folderOf(record.id), ...this.sourceOf(record)];
  }

  /** The file that it was sent with, if it is ours to remove. */
  sourceOf({ request: { source } }: JobRecord): string[] {
    return source.owned ? [source.path] : [];
  }

  private isInTime({ gone, expiresMs = Number.POSITIVE_INFINITY }: JobRecord): boolean {
    return !gone && this.now() < expiresMs;
  }
}
