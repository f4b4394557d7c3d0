import { expect } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "../../master/jobs/job.ts";
import type { PictureSpec } from "../../samples/picture.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import type { Raster } from "../../shared/raster.ts";
import { decodeFile, difference, picture, pictureRaster } from "../engine/harness.ts";
import { whole } from "../ops/tiled_equals_whole.ts";
import type { Asked, MasterClient } from "./master_client.ts";
import type { Watch } from "./watch.ts";

/** A job of a test's: what is asked of which picture. */
export interface Order extends Asked {
  readonly source: PictureSpec;
}

export interface Ended {
  readonly job: JobView;
  /** The most attempts that were seen to have failed, of those that this master counted. */
  readonly retried: number;
}

/** Writes the picture into `folder` and sends it. @returns the job's id */
export async function submit(client: MasterClient, folder: string, order: Order): Promise<string> {
  return client.submit(await picture(folder, order.source), order);
}

/** Waits for the job's end. Its pixels have to be those of the whole image. */
export async function expectDone(
  client: MasterClient,
  watch: Watch,
  id: string,
  folder: string,
  { pipeline, source }: Order,
): Promise<Ended> {
  const { job, retried } = await ended(client, watch, id);
  expect(job.error).toBeUndefined();
  expect(job.state).toBe("done");
  const path = join(folder, `${id}.png`);
  writeFileSync(path, await client.result(id));
  expect(difference(await decodeFile(path), wholeOf(pipeline, source))).toBe("same");
  rmSync(path);
  return { job, retried };
}

const wholes = new Map<string, Raster>();

function wholeOf(pipeline: string, source: PictureSpec): Raster {
  const key = JSON.stringify([pipeline, source]);
  const known = wholes.get(key) ?? whole(parsePipeline(pipeline), pictureRaster(source));
  wholes.set(key, known);
  return known;
}

/** Waits for the job's end. */
export async function ended(client: MasterClient, watch: Watch, id: string): Promise<Ended> {
  let retried = 0;
  const job = await watch.until(
    async () => {
      const view = await client.job(id);
      retried = Math.max(retried, view.progress.tiles_retried);
      return view;
    },
    ({ state }) => state === "done" || state === "failed",
  );
  return { job, retried };
}
