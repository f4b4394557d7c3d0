import { existsSync, mkdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { TesseraError } from "../../shared/errors.ts";
import type { JobRecord } from "../jobs/job.ts";
import { hasEnded } from "../jobs/job.ts";
import type { JobFiles } from "../jobs/job_files.ts";
import type { Sights } from "../jobs/job_run.ts";
import { type Plan, planPipeline } from "../plan/plan.ts";
import type { JobStore } from "../store/store.ts";
import { byTile, type Extent, NOTHING, upToRow, WHOLE } from "./extent.ts";
import type { PreviewPool } from "./pool.ts";
import { View } from "./view.ts";

export type Which = "source" | "result";

/** An image of a job in a file of its own. */
export interface PictureFile {
  readonly path: string;
  readonly type: string;
  readonly firstFrameEnd: number | undefined;
}

/** Views of canvases that are kept; each is small, but for its overviews on the disk. */
const VIEWS_MAX = 64;

interface JobViewsNeeds {
  /** Its own folder: what is in it when it opens goes. */
  readonly dir: string;
  readonly store: JobStore;
  readonly files: JobFiles;
  /** What there is to be seen of a job under way. */
  readonly sightsOf: (id: string) => Sights | undefined;
  readonly pool: PreviewPool;
}

interface Kept {
  readonly view: View;
  readonly folder: string;
  /** What it was made of: another run, or another state, takes another view. */
  readonly of: unknown;
}

/** What there is to be looked at of a job: canvases while it has them, its files before and after. */
export class JobViews {
  private readonly kept = new Map<string, Kept>();
  private count = 0;

  constructor(private readonly needs: JobViewsNeeds) {
    rmSync(needs.dir, { recursive: true, force: true });
    mkdirSync(needs.dir, { recursive: true });
  }

  /** The canvas to look at; undefined if the job has none (any more, or not yet). */
  canvasOf(record: JobRecord, which: Which): View | undefined {
    const key = `${record.id}-${which}`;
    const canvas = which === "source" ? this.sourceCanvas(record) : this.resultCanvas(record);
    const before = this.kept.get(key);
    if (canvas !== undefined && before?.of === canvas.of) {
      this.kept.delete(key);
      this.kept.set(key, before);
      return before.view;
    }
    if (before !== undefined) this.drop(key);
    if (canvas === undefined) return undefined;
    const folder = join(this.needs.dir, `${this.count++}`);
    mkdirSync(folder);
    const { path, shape, orientation, extent, of } = canvas;
    const { pool } = this.needs;
    const view = new View({ path, shape, orientation, extent, folder, pool });
    this.kept.set(key, { view, folder, of });
    for (const [oldest] of this.kept) {
      if (this.kept.size <= VIEWS_MAX) break;
      this.drop(oldest);
    }
    return view;
  }

  /** The file to look at. @throws job_not_done, job_result_expired, job_source_gone */
  fileOf(record: JobRecord, which: Which): PictureFile {
    const { files } = this.needs;
    const { probe, output } = record.request;
    if (which === "source") {
      const path = files.sourceFileOf(record);
      if (path === undefined) throw new TesseraError("job_source_gone");
      return { path, type: probe.type, firstFrameEnd: probe.firstFrameEnd };
    }
    const path = files.resultOf(record);
    if (path !== undefined) return { path, type: output.format, firstFrameEnd: undefined };
    if (record.state === "done") throw new TesseraError("job_result_expired");
    throw new TesseraError("job_not_done", `Its state is ${record.state}.`);
  }

  /** Lets go of what it keeps of jobs that have ended. */
  sweep(): void {
    for (const key of [...this.kept.keys()]) {
      const record = this.needs.store.get(key.replace(/-\w+$/, ""));
      if (record === undefined || hasEnded(record.state)) this.drop(key);
    }
  }

  private drop(key: string): void {
    const { folder } = this.kept.get(key)!;
    this.kept.delete(key);
    void rm(folder, { recursive: true, force: true });
  }

  private sourceCanvas(record: JobRecord) {
    const { files, sightsOf } = this.needs;
    const { shape, orientation } = record.request.probe;
    const path = join(files.folderOf(record.id), "source.v");
    const sights = sightsOf(record.id);
    const isDecoded = record.state === "running" || record.state === "exporting";
    if (hasEnded(record.state) || (sights === undefined && !isDecoded)) return undefined;
    const rows = sights?.rows ?? (() => shape.height);
    const extent: Extent = isDecoded ? WHOLE : upToRow(shape, rows);
    return existsSync(path) ? { path, shape, orientation, extent, of: sights ?? record.state } : undefined;
  }

  private resultCanvas(record: JobRecord) {
    if (record.state === "done") return undefined;
    const { files, sightsOf, store } = this.needs;
    const { pipeline, probe, tileSize } = record.request;
    const plan: Plan = planPipeline(pipeline, probe.shape, tileSize, Number.POSITIVE_INFINITY);
    const { index, tile, columns, rows } = plan.stages.at(-1)!;
    const path = join(files.folderOf(record.id), `stage-${index}.v`);
    const begun = existsSync(path);
    if (!begun && hasEnded(record.state)) return undefined;
    const sights = sightsOf(record.id);
    const there = begun ? (sights === undefined ? marked() : sights.there()) : undefined;
    const extent: Extent =
      there === undefined ? NOTHING : byTile({ tile, columns, isThere: (each) => there[each] === 1 });
    return {
      ...{ path, shape: plan.output, orientation: 1 as const, extent },
      of: there === undefined ? NOTHING : (sights ?? record.state),
    };

    function marked(): Uint8Array {
      const tiles = new Uint8Array(columns * rows);
      for (const { tile, done } of store.triedTiles(record.id, index)) if (done) tiles[tile] = 1;
      return tiles;
    }
  }
}
