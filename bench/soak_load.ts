/**
 * The load of a soak: several jobs at a time, of several pictures, pipelines, tile sizes and priorities, some of them
 * paused or cancelled on their way. What is done is compared, pixel by pixel, with the pipeline run on the whole picture.
 */
import { rmSync } from "node:fs";
import type { JobView } from "../master/jobs/job.ts";
import type { Master } from "../master/master.ts";
import { TesseraError } from "../shared/errors.ts";
import { bytesPerPixel } from "../shared/geometry.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import type { Raster } from "../shared/raster.ts";
import { decodeFile, picture, pictureRaster, spec } from "../test/engine/harness.ts";
import type { Random } from "../test/engine/random.ts";
import { whole } from "../test/ops/tiled_equals_whole.ts";

const PICTURES = [
  spec(900, 700, 3, 8, 1),
  spec(641, 479, 4, 8, 2),
  spec(523, 389, 3, 16, 3),
  spec(1200, 300, 1, 8, 4),
];
const PIPELINES = [
  "blur(sigma=2)",
  "invert",
  "blur(sigma=1.2) | contrast | sharpen",
  "rotate_90 | crop(x=30, y=41, width=233, height=177) | flop",
  "resize(width=211) | unsharp_mask",
];
const TILE_SIZES = [64, 97, 256];
const PAUSE_MS_MAX = 400;

interface Case {
  readonly path: string;
  readonly pipeline: string;
  readonly expected: Raster;
}

export interface SoakCounts {
  submitted: number;
  done: number;
  /** As was asked. */
  cancelled: number;
  paused: number;
  /** Neither done nor cancelled by us. */
  lost: number;
  wrongPixels: number;
  tiles: number;
  /** How often jobs failed, by code. */
  readonly errors: Record<string, number>;
}

export class SoakLoad {
  readonly counts: SoakCounts = {
    ...{ submitted: 0, done: 0, cancelled: 0, paused: 0, lost: 0, wrongPixels: 0, tiles: 0 },
    errors: {},
  };

  private constructor(
    private readonly master: Master,
    private readonly cases: readonly Case[],
    private readonly random: Random,
  ) {}

  /** Makes the pictures in `folder`, and what each pipeline makes of them, so that memory is what the soak makes of it. */
  static async make(master: Master, folder: string, random: Random): Promise<SoakLoad> {
    const cases: Case[] = [];
    for (const of of PICTURES) {
      const path = await picture(folder, of);
      const raster = pictureRaster(of);
      for (const pipeline of PIPELINES)
        cases.push({ path, pipeline, expected: whole(parsePipeline(pipeline), raster) });
    }
    return new SoakLoad(master, cases, random);
  }

  /** One job after the other until `ended`. */
  async run(ended: () => boolean): Promise<void> {
    while (!ended()) await this.one();
  }

  private async one(): Promise<void> {
    const { random, master, counts } = this;
    const { path, pipeline, expected } = random.pick(this.cases);
    const { id } = await master.submit({
      source: { path, owned: false, name: "soak" },
      ...{ pipeline, tileSize: random.pick(TILE_SIZES), priority: random.below(10) },
      output: { format: random.pick(["png", "tiff"] as const) },
    });
    counts.submitted++;
    const fate = random.pick(["none", "none", "none", "none", "pause", "cancel"] as const);
    const asked = fate === "none" ? false : await this.interfere(id, fate);
    const job = await master.wait(id);
    await this.judge(job, expected, asked && fate === "cancel");
  }

  /** Pauses or cancels the job once some of its tiles are done. Whether it took place; a job may be sooner. */
  private async interfere(id: string, fate: "pause" | "cancel"): Promise<boolean> {
    const { master, random } = this;
    await this.reached(id, random.below(8));
    try {
      if (fate === "cancel") return master.cancel(id).state === "cancelled";
      master.pause(id);
      this.counts.paused++;
      await new Promise((resolve) => setTimeout(resolve, random.below(PAUSE_MS_MAX)));
      master.resume(id);
      return true;
    } catch (thrown) {
      if (thrown instanceof TesseraError && thrown.code === "job_not_active") return false;
      throw thrown;
    }
  }

  private reached(id: string, tiles: number): Promise<void> {
    const enough = (job: JobView | undefined) =>
      job === undefined || job.ended_at !== undefined || job.progress.tiles_done >= tiles;
    return new Promise((resolve) => {
      if (enough(this.master.job(id))) return resolve();
      const stop = this.master.onProgress((job) => {
        if (job.id !== id || !enough(job)) return;
        stop();
        resolve();
      });
    });
  }

  private async judge(job: JobView, expected: Raster, cancelled: boolean): Promise<void> {
    const { counts } = this;
    if (job.state === "cancelled" && cancelled) counts.cancelled++;
    else if (job.state === "done") {
      counts.done++;
      counts.tiles += job.progress.tiles_total;
      const path = this.master.resultPath(job.id);
      counts.wrongPixels += wrongPixels(await decodeFile(path), expected);
      rmSync(path, { force: true });
    } else {
      counts.lost++;
      const code = job.error?.code ?? job.state;
      counts.errors[code] = (counts.errors[code] ?? 0) + 1;
    }
  }
}

/** All of them where the shapes differ. */
export function wrongPixels(made: Raster, expected: Raster): number {
  const { width, height } = expected.rect;
  const pixel = bytesPerPixel(expected.format);
  if (made.data.length !== expected.data.length || made.rect.width !== width) return width * height;
  if (Buffer.compare(made.data, expected.data) === 0) return 0;
  let wrong = 0;
  for (let at = 0; at < expected.data.length; at += pixel)
    if (Buffer.compare(made.data.subarray(at, at + pixel), expected.data.subarray(at, at + pixel)) !== 0)
      wrong++;
  return wrong;
}
