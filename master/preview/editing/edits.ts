import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { PreviewFormat } from "../../../shared/api/routes/pictures.ts";
import { TesseraError } from "../../../shared/errors.ts";
import type { Rect, Size } from "../../../shared/geometry.ts";
import { parsePipeline } from "../../../shared/pipeline/pipeline.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { encodeImage } from "../encode.ts";
import type { JobViews } from "../job_views.ts";
import type { PreviewPool } from "../pool.ts";
import type { Shelf } from "../shelf.ts";
import { TakingTurns } from "../taking_turns.ts";
import type { View } from "../view.ts";
import { LiveEdits } from "./live_edits.ts";

/** Looks computed at a time, each on all threads, and how many may wait. */
const LOOKS = { atOnce: 2, waiting: 32 };

/**
 * Taps that all threads do while an answer takes a millisecond: 10,000,000 each, measured on two cores of 2.6 GHz, and half
 * of the time goes to all else.
 */
const WORK_PER_MS = (10_000_000 * availableParallelism()) / 2;

export interface EditWanted {
  readonly pipeline: unknown;
  readonly region?: Rect | undefined;
  readonly size: number;
  readonly format: PreviewFormat;
  readonly quality: number;
  /** About how long it may take. */
  readonly withinMs?: number | undefined;
  /** Of one lane only the newest look counts. */
  readonly lane?: string | undefined;
}

export interface EditShown {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the whole result. */
  readonly result: Size;
  readonly scale: number;
  readonly isExact: boolean;
}

export interface Proxy extends Size {
  readonly id: string;
}

interface EditsNeeds {
  readonly pool: PreviewPool;
  readonly shelf: Shelf;
  readonly views: JobViews;
  readonly pixelsMax: number;
}

/** Live editing: what pipelines make of an image that is at hand. */
export class Edits {
  private readonly owners = new Map<string, string>();
  private readonly lanes = new Map<string, AbortController>();
  private readonly turns = new TakingTurns(LOOKS.atOnce, LOOKS.waiting);
  private readonly live: LiveEdits;

  constructor(private readonly needs: EditsNeeds) {
    this.live = new LiveEdits(needs.pool, needs.pixelsMax);
  }

  /** Decodes the image in the file, which is removed. @throws what probing and decoding throw, disk_full, queue_full */
  async add(owner: string, path: string): Promise<Proxy> {
    const id = randomUUID();
    try {
      const added = this.needs.shelf.look(id, path, "srgb", async ({ size }) => size);
      const [{ width, height }] = await Promise.all([added, this.needs.pool.wake()]);
      for (const known of this.owners.keys()) if (!this.needs.shelf.has(known)) this.owners.delete(known);
      this.owners.set(id, owner);
      return { id, width, height };
    } finally {
      await rm(path, { force: true });
    }
  }

  /** @throws proxy_not_found */
  async remove(owner: string, id: string): Promise<void> {
    this.own(owner, id);
    this.owners.delete(id);
    await this.needs.shelf.remove(id);
  }

  /** @throws proxy_not_found, and what `show` throws */
  async ofProxy(owner: string, id: string, wanted: EditWanted, gone: AbortSignal): Promise<EditShown> {
    this.own(owner, id);
    const shown = await this.needs.shelf.again(id, (view) => this.show(owner, id, view, wanted, gone));
    if (shown === undefined) throw new TesseraError("proxy_not_found");
    return shown;
  }

  /** @throws job_source_gone, what decoding and `show` throw */
  async ofJob(owner: string, job: JobRecord, wanted: EditWanted, gone: AbortSignal): Promise<EditShown> {
    const { shelf, views } = this.needs;
    const name = `${job.id}-source`;
    const canvas = views.canvasOf(job, "source");
    if (canvas?.isWhole()) return this.show(owner, name, canvas, wanted, gone);
    const { path } = views.fileOf(job, "source");
    return shelf.look(name, path, job.request.profile, (view) => this.show(owner, name, view, wanted, gone));
  }

  /** One look at a file, which is removed. */
  async ofFile(owner: string, path: string, wanted: EditWanted, gone: AbortSignal): Promise<EditShown> {
    try {
      parsePipeline(wanted.pipeline); // before the image is decoded
    } catch (thrown) {
      await rm(path, { force: true });
      throw thrown;
    }
    const { id } = await this.add(owner, path);
    try {
      return await this.ofProxy(owner, id, wanted, gone);
    } finally {
      await this.remove(owner, id);
    }
  }

  /**
   * @throws preview_superseded, queue_full, request_invalid; what a pipeline may be refused for
   */
  private async show(
    owner: string,
    name: string,
    view: View,
    { pipeline, region, size, format, quality, withinMs, lane }: EditWanted,
    gone: AbortSignal,
  ): Promise<EditShown> {
    const steps = parsePipeline(pipeline);
    const newest = new AbortController();
    const key = lane === undefined ? undefined : JSON.stringify([owner, lane]);
    if (key !== undefined) {
      this.lanes.get(key)?.abort();
      this.lanes.set(key, newest);
    }
    const signal = AbortSignal.any([gone, newest.signal]);
    try {
      return await this.turns.run(async () => {
        signal.throwIfAborted();
        const seen = { region, size, workMax: withinMs && withinMs * WORK_PER_MS };
        const { raster, ...about } = await this.live.show(name, view, steps, seen, signal);
        signal.throwIfAborted();
        const bytes = await encodeImage(raster, [], { format, quality });
        return { bytes, ...about };
      });
    } catch (thrown) {
      throw signal.aborted ? new TesseraError("preview_superseded", "", { cause: thrown }) : thrown;
    } finally {
      if (key !== undefined && this.lanes.get(key) === newest) this.lanes.delete(key);
    }
  }

  private own(owner: string, id: string): void {
    if (this.owners.get(id) !== owner || !this.needs.shelf.has(id)) throw new TesseraError("proxy_not_found");
  }
}
