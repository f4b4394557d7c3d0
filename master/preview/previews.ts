import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { PreviewFormat } from "../../shared/api/routes/pictures.ts";
import { TesseraError } from "../../shared/errors.ts";
import { hasAlpha, type Rect } from "../../shared/geometry.ts";
import { shapeAfter } from "../../shared/ops/chain.ts";
import { hasEnded, type JobRecord } from "../jobs/job.ts";
import type { JobFiles } from "../jobs/job_files.ts";
import type { Sights } from "../jobs/job_run.ts";
import type { Limits } from "../limits.ts";
import type { JobStore } from "../store/store.ts";
import { ByteCache } from "./byte_cache.ts";
import { levelsOf, type ZoomPicture, zoomTile } from "./deep_zoom.ts";
import { Edits } from "./editing/edits.ts";
import { type Encoding, encodeImage, PREVIEW_QUALITY } from "./encode.ts";
import { JobViews, type Which } from "./job_views.ts";
import { PreviewPool } from "./pool.ts";
import { Shelf } from "./shelf.ts";
import { TakingTurns } from "./taking_turns.ts";
import { thumbnail } from "./thumbnail.ts";
import type { View } from "./view.ts";

/** Looks at a time for each core, and how many may wait. */
const LOOKS = { perCore: 2, waiting: 128 };
/** Small pictures that are held, all together. */
const HELD_BYTES_MAX = 32 << 20;
/** Of a canvas with more pixels, a preview is made of an overview even if that is a little smaller than was asked for. */
const READ_PIXELS_MAX = 24_000_000;

export interface PreviewsNeeds {
  /** The master's. */
  readonly dir: string;
  readonly limits: Limits;
  readonly store: JobStore;
  readonly files: JobFiles;
  readonly runner: { sightsOf(id: string): Sights | undefined };
  readonly now: () => number;
}

export interface Picture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: PreviewFormat;
  /** Nothing is missing, so it stays as it is. */
  readonly isFinal: boolean;
}

export interface PreviewWanted {
  readonly size: number;
  readonly format: PreviewFormat;
}

/** Pictures of jobs to be looked at, whole or in parts, also of those that still run. */
export class Previews {
  readonly edits: Edits;
  private readonly pool = new PreviewPool();
  private readonly shelf: Shelf;
  private readonly views: JobViews;
  private readonly held = new ByteCache(HELD_BYTES_MAX);
  private readonly looks = new TakingTurns(LOOKS.perCore * availableParallelism(), LOOKS.waiting);
  /** What is being made, by name: who asks for the same meanwhile gets the same. */
  private readonly making = new Map<string, Promise<Picture>>();

  constructor(private readonly needs: PreviewsNeeds) {
    const { limits, store, files, runner, now } = needs;
    const dir = join(needs.dir, "previews");
    const sightsOf = (id: string) => runner.sightsOf(id);
    const { previewBytesMax: bytesMax, previewKeptMs: keptMs } = limits;
    const { pool } = this;
    this.views = new JobViews({ dir: join(dir, "canvases"), store, files, sightsOf, pool });
    this.shelf = new Shelf({ dir: join(dir, "shelf"), limits, bytesMax, keptMs, pool, now });
    const { shelf, views } = this;
    this.edits = new Edits({ pool, shelf, views, pixelsMax: limits.pixelsMax });
  }

  /** A picture that fits into a square. @throws job_not_found, job_not_done, job_result_expired, job_source_gone, queue_full, image_corrupt */
  preview(id: string, which: Which, wanted: PreviewWanted): Promise<Picture> {
    const { size, format } = wanted;
    return this.once(id, `${which} ${size} ${format}`, async (record) => {
      const canvas = this.views.canvasOf(record, which);
      if (canvas !== undefined) return this.small(canvas, wanted);
      const name = shelfName(record, which);
      const shown = await this.shelf.again(name, (view) => this.small(view, wanted));
      if (shown !== undefined) return shown;
      const file = this.views.fileOf(record, which);
      const { pixelsMax } = this.needs.limits;
      const bytes = await thumbnail(file, { size, format, quality: PREVIEW_QUALITY, pixelsMax });
      return { bytes, format, isFinal: true };
    });
  }

  /** What deep zoom tells of a picture. @throws job_not_done, job_result_expired, job_source_gone */
  zoomOf(id: string, which: Which): ZoomPicture {
    const record = this.job(id);
    const { pipeline, probe, planned } = record.request;
    if (this.views.canvasOf(record, which) === undefined) this.views.fileOf(record, which);
    if (which === "result") {
      const shape = pipeline.reduce((before, step) => shapeAfter(step, before), probe.shape);
      return { width: planned.width, height: planned.height, hasAlpha: hasAlpha(shape) };
    }
    const { shape, orientation } = probe;
    const [width, height] = orientation > 4 ? [probe.height, probe.width] : [probe.width, probe.height];
    return { width, height, hasAlpha: hasAlpha(shape) };
  }

  /** Whether nothing of a picture is missing any more. */
  isWhole(id: string, which: Which): boolean {
    const record = this.job(id);
    const canvas = this.views.canvasOf(record, which);
    return canvas?.isWhole() ?? true;
  }

  /** @throws tile_not_found, disk_full, image_too_many_pixels, and what `preview` throws */
  tile(
    id: string,
    which: Which,
    { level, column, row }: { level: number; column: number; row: number },
    format: PreviewFormat,
  ): Promise<Picture> {
    return this.once(id, `${which} ${level}/${column}_${row} ${format}`, async (record) => {
      const picture = this.zoomOf(id, which);
      const shift = levelsOf(picture) - level;
      const show = (view: View) => {
        const rect = shift < 0 ? undefined : zoomTile(picture, view.reducedSize(shift), column, row);
        if (rect === undefined) throw new TesseraError("tile_not_found");
        return this.part(view, shift, view.stored(shift, rect), { format });
      };
      const canvas = this.views.canvasOf(record, which);
      if (canvas !== undefined) return show(canvas);
      const { path } = this.views.fileOf(record, which);
      return this.shelf.look(shelfName(record, which), path, record.request.profile, show);
    });
  }

  /** To be called now and then: lets go of what nobody looks at. */
  sweep(): void {
    this.shelf.sweep();
    this.views.sweep();
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  private async small(view: View, { size, format }: PreviewWanted): Promise<Picture> {
    const { width, height } = view.shape;
    const least = width * height > READ_PIXELS_MAX ? 2 : 0;
    const shift = Math.max(least, Math.floor(Math.log2(Math.max(width, height) / size)), 0);
    const fit = { width: size, height: size };
    return this.part(view, shift, view.whole(shift), { format, fit });
  }

  private async part(view: View, shift: number, rect: Rect, encoding: Encoding): Promise<Picture> {
    const { raster, missing, orientation } = await view.read(shift, rect);
    const bytes = await encodeImage(raster, missing, { ...encoding, orientation });
    return { bytes, format: encoding.format, isFinal: missing.length === 0 };
  }

  /** Makes a picture in turn, once for all who ask for it; holds it if it is final. */
  private async once(id: string, what: string, make: (job: JobRecord) => Promise<Picture>): Promise<Picture> {
    const name = `${id} ${what}`;
    const held = this.held.get(name);
    if (held !== undefined)
      return { bytes: held, format: what.split(" ").at(-1) as PreviewFormat, isFinal: true };
    let making = this.making.get(name);
    if (making === undefined) {
      const { promise, resolve } = Promise.withResolvers<Picture>();
      const forget = () => this.making.get(name) === promise && this.making.delete(name);
      this.making.set(name, promise);
      const made = this.looks.run(() => {
        // Of a job under way, who asks from now on may know of more than is about to be read.
        if (!hasEnded(this.job(id).state)) forget();
        return this.alsoIfItEnds(id, make);
      });
      resolve(made.finally(forget));
      making = promise;
    }
    const picture = await making;
    if (picture.isFinal) this.held.put(name, picture.bytes);
    return picture;
  }

  /** A job that ends takes its canvases away from under whoever looks; then there is a file to look at. */
  private async alsoIfItEnds(id: string, make: (job: JobRecord) => Promise<Picture>): Promise<Picture> {
    const job = this.job(id);
    try {
      return await make(job);
    } catch (thrown) {
      const now = this.job(id);
      if (hasEnded(job.state) || !hasEnded(now.state)) throw damaged(thrown);
      return make(now);
    }
  }

  /** @throws job_not_found */
  job(id: string): JobRecord {
    const record = this.needs.store.get(id);
    if (record === undefined) throw new TesseraError("job_not_found");
    return record;
  }
}

const FINE: ReadonlySet<string> = new Set(["image_too_many_pixels"]);

/** A job's image was let in once, so whatever is wrong with it now is damage. */
function damaged(thrown: unknown): unknown {
  if (!(thrown instanceof TesseraError) || FINE.has(thrown.code) || !thrown.code.startsWith("image_"))
    return thrown;
  return new TesseraError("image_corrupt", "", { cause: thrown });
}

const shelfName = ({ id }: JobRecord, which: Which): string => `${id}-${which}`;
