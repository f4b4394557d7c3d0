import { type FileHandle, open, rm } from "node:fs/promises";
import { TesseraError } from "../../shared/errors.ts";
import { encodeError } from "../codec/errors.ts";
import type { Exporter, ExportNeeds } from "./exporter.ts";

/**
 * Encoded strips live outside of the collector's heap, which by itself would hardly look at them: at 1 gigapixel
 * more than a hundred megabytes of them lay about.
 */
const COLLECT_BYTES = 8 * 2 ** 20;

/** A file format that can be put together from strips, each encoded by itself. `S` is an encoded strip. */
export interface StripFormat<S> {
  /** Rows of each strip but the last, which may have fewer. */
  readonly rows: number;
  /** Encodes rows [y, y + rows) of the canvas, which are final. Must not hold up the thread. */
  encode(y: number, rows: number): Promise<S>;
  /** What to write for the strip; called in order, from the first to the last. */
  join(strip: S, index: number, last: boolean): readonly Uint8Array[];
  /** What is written over the file's beginning after the last strip, for a header that points at what comes late. */
  patch?(): Uint8Array;
}

/**
 * Encodes strips in parallel as their rows become final and writes them in order as they come. Bounded: at most
 * `concurrency` strips are being encoded, and at most as many again wait for an earlier one.
 */
export class StripExport<S> implements Exporter {
  private readonly count: number;
  private readonly waiting = new Map<number, S>();
  private readonly busy = new Set<Promise<void>>();
  private readonly ended = Promise.withResolvers<void>();
  private file: FileHandle | undefined;
  private bytes = 0;
  private sinceCollection = 0;
  private rowsFinal = 0;
  private started = 0;
  private written = 0;
  private writing = false;
  private state: "running" | "failed" | "finished" = "running";

  constructor(
    private readonly needs: ExportNeeds,
    private readonly format: StripFormat<S>,
  ) {
    this.count = Math.ceil(needs.canvas.shape.height / format.rows);
    this.ended.promise.catch(() => {}); // told by `finish`, which may never be called
  }

  rowsDone(y: number): void {
    if (y <= this.rowsFinal) return;
    this.rowsFinal = y;
    this.pump();
  }

  async finish(): Promise<{ bytes: number }> {
    this.rowsDone(this.needs.canvas.shape.height);
    try {
      await this.ended.promise;
      if (this.needs.sync) await this.file?.datasync();
      await this.file?.close();
      this.file = undefined;
      this.state = "finished";
      return { bytes: this.bytes };
    } catch (thrown) {
      this.fail(thrown);
      await this.discard();
      throw encodeError(thrown);
    }
  }

  async abort(): Promise<void> {
    if (this.state === "finished") return;
    this.fail(new TesseraError("job_cancelled"));
    await this.discard();
  }

  private pump(): void {
    while (this.mayStart()) {
      const index = this.started++;
      const y = index * this.format.rows;
      const rows = Math.min(this.format.rows, this.needs.canvas.shape.height - y);
      this.track(this.encode(index, y, rows));
    }
  }

  private mayStart(): boolean {
    const { canvas, concurrency } = this.needs;
    const end = Math.min((this.started + 1) * this.format.rows, canvas.shape.height);
    const encoding = this.busy.size - (this.writing ? 1 : 0);
    const ahead = this.started - this.written;
    const room = encoding < concurrency && ahead < 2 * concurrency;
    return this.state === "running" && this.started < this.count && room && this.rowsFinal >= end;
  }

  private async encode(index: number, y: number, rows: number): Promise<void> {
    this.waiting.set(index, await this.format.encode(y, rows));
    if (this.writing || this.state !== "running") return;
    this.writing = true;
    this.track(this.write().finally(() => (this.writing = false)));
  }

  /** Writes the strips whose turn it is; what becomes ready meanwhile too. */
  private async write(): Promise<void> {
    this.file ??= await open(this.needs.path, "w");
    for (let strip = this.take(); strip !== undefined && this.state === "running"; strip = this.take()) {
      const last = this.written === this.count - 1;
      for (const chunk of this.format.join(strip, this.written, last)) await this.append(this.file, chunk);
      this.written++;
      this.pump();
    }
    if (this.written < this.count) return;
    const patch = this.format.patch?.();
    if (patch) await this.file.write(patch, 0, patch.length, 0);
    this.ended.resolve();
  }

  private take(): S | undefined {
    const strip = this.waiting.get(this.written);
    this.waiting.delete(this.written);
    return strip;
  }

  private async append(file: FileHandle, chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, this.bytes);
      done += bytesWritten;
      this.bytes += bytesWritten;
    }
    this.sinceCollection += chunk.length;
    if (this.sinceCollection < COLLECT_BYTES) return;
    this.sinceCollection = 0;
    Bun.gc(true);
  }

  private track(work: Promise<void>): void {
    const tracked: Promise<void> = work
      .catch((thrown: unknown) => this.fail(thrown))
      .finally(() => {
        this.busy.delete(tracked);
        this.pump();
      });
    this.busy.add(tracked);
  }

  private fail(thrown: unknown): void {
    if (this.state === "running") this.state = "failed";
    this.ended.reject(thrown);
  }

  private async discard(): Promise<void> {
    while (this.busy.size > 0) await Promise.all(this.busy);
    await this.file?.close().catch(() => {}); // a full disk can show itself only here
    this.file = undefined;
    this.waiting.clear();
    await rm(this.needs.path, { force: true });
  }
}
