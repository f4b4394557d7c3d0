import { randomUUID } from "node:crypto";
import type { BatchView } from "../../shared/api/batch.ts";
import { SHOWN_STATES } from "../../shared/api/states.ts";
import { TesseraError } from "../../shared/errors.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { hasEnded } from "../jobs/job.ts";
import type { JobFiles } from "../jobs/job_files.ts";
import type { BatchName } from "../jobs/watchers.ts";
import type { Limits } from "../limits.ts";
import type { BatchPage, BatchRecord, BatchStore } from "../store/batches.ts";
import type { Packed } from "./archive.ts";
import { FileNames } from "./names.ts";

/** Batches of one owner, one after the other, that nothing is sent to. */
const EMPTY_MAX = 1000;
/** Rows that are read at a time. */
const PAGE = 200;

interface BatchNeeds {
  readonly store: BatchStore;
  readonly limits: Limits;
  readonly now: () => number;
  readonly files: Pick<JobFiles, "resultOf">;
  /** One is new or is no more. */
  readonly onTouch: (batch: BatchName) => void;
}

/** What each image of a batch is asked for with; the rest of it is the creator's affair. */
export interface BatchOptions {
  readonly pipeline?: unknown;
  readonly labels?: Readonly<Record<string, string>>;
  readonly webhook?: string;
}

/** Many images that the same is done with. Each is a job like any other; a batch is what they have in common. */
export class Batches {
  /** Images under way to a batch. */
  private readonly coming = new Map<string, number>();

  /** Those that are being deleted: for everybody else they are gone. */
  private readonly going = new Set<string>();

  constructor(private readonly needs: BatchNeeds) {}

  /** @throws what `parsePipeline` throws, quota_reached */
  create(owner: string, name: string, options: BatchOptions): BatchRecord {
    const { store, limits, now, onTouch } = this.needs;
    const pipeline = parsePipeline(options.pipeline ?? "");
    const id = randomUUID();
    for (const forgotten of store.forgetEmpty(now() - limits.historyKeptMs)) onTouch(forgotten);
    if (store.areEmpty(owner, EMPTY_MAX))
      throw new TesseraError("quota_reached", `Nothing was sent to your last ${EMPTY_MAX} batches.`);
    store.insert(id, owner, name, { ...options, pipeline });
    onTouch({ id, owner });
    return this.get(id)!;
  }

  get(id: string): BatchRecord | undefined {
    return this.going.has(id) ? undefined : this.needs.store.get(id);
  }

  /** As it is shown. */
  find(id: string): BatchView | undefined {
    const batch = this.get(id);
    return batch && this.view(batch);
  }

  /**
   * Forgets a batch that nobody can send anything to any more.
   *
   * @param removeSome deletes some of its jobs, as long as there are any; says whether there were
   */
  async remove({ id, owner }: BatchName, removeSome: () => Promise<boolean>): Promise<void> {
    this.going.add(id);
    try {
      while (await removeSome());
      this.needs.store.remove(id);
    } finally {
      this.going.delete(id);
      this.needs.onTouch({ id, owner });
    }
  }

  /** The newest first; of one owner, or of all. */
  page(owner: string | undefined, limit: number, before?: number): BatchPage {
    return this.needs.store.page(owner, limit, before);
  }

  /** Takes a place for one more image, until `leave` is called. @throws batch_full, batch_not_found */
  enter(id: string): () => void {
    const { store, limits } = this.needs;
    if (this.going.has(id)) throw new TesseraError("batch_not_found");
    const coming = this.coming.get(id) ?? 0;
    if (store.size(id) + coming >= limits.batchImagesMax)
      throw new TesseraError("batch_full", `At most ${limits.batchImagesMax} images are allowed.`);
    this.coming.set(id, coming + 1);
    return () => {
      const left = this.coming.get(id)! - 1;
      if (left === 0) this.coming.delete(id);
      else this.coming.set(id, left);
    };
  }

  /** The results that are there by now, under names of their own. @throws batch_without_results */
  results(id: string): AsyncIterable<Packed> {
    if (this.needs.store.done(id, 1, 0).length === 0) throw new TesseraError("batch_without_results");
    return this.packed(id);
  }

  view(batch: BatchRecord): BatchView {
    const { id, name, owner, options, createdMs } = batch;
    const { pipeline, labels = {}, webhook } = options as BatchOptions;
    const jobs = Object.fromEntries(SHOWN_STATES.map((state) => [state, 0])) as BatchView["jobs"];
    const progress = { tiles_done: 0, tiles_total: 0 };
    let images = 0;
    for (const { state, jobs: count, tilesDone, tiles } of this.needs.store.counts(id)) {
      jobs[state] = count;
      images += count;
      progress.tiles_done += tilesDone;
      progress.tiles_total += tiles;
    }
    const active = SHOWN_STATES.some((state) => !hasEnded(state) && jobs[state] > 0);
    return {
      ...{ id, name, owner, created_at: new Date(createdMs).toISOString() },
      ...{ pipeline: pipeline as BatchView["pipeline"], labels, ...(webhook !== undefined && { webhook }) },
      ...{ images, jobs, ended: images > 0 && !active, progress },
    };
  }

  private async *packed(id: string): AsyncGenerator<Packed> {
    const { store, files } = this.needs;
    const names = new FileNames();
    for (let after = 0; ; ) {
      const page = store.done(id, PAGE, after);
      if (page.length === 0) return;
      for (const { number, record } of page) {
        after = number;
        const { source, output } = record.request;
        const ending = output.format === "jpeg" ? "jpg" : output.format;
        const path = files.resultOf(record);
        if (path !== undefined) yield { path, name: names.next(source.name, ending) };
      }
    }
  }
}
