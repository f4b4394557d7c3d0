import { expect } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "../../master/jobs/job.ts";
import type { PictureSpec } from "../../samples/picture.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { decodeFile, difference, picture, pictureRaster } from "../engine/harness.ts";
import { whole } from "../ops/tiled_equals_whole.ts";
import type { Asked, MasterClient } from "./master_client.ts";
import type { Watch } from "./watch.ts";

/** A job of a test's: what is asked of which picture. */
export interface Order extends Asked {
  readonly source: PictureSpec;
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
): Promise<JobView> {
  const job = await ended(client, watch, id);
  expect(job.error).toBeUndefined();
  expect(job.state).toBe("done");
  const path = join(folder, `${id}.png`);
  writeFileSync(path, await client.result(id));
  const expected = whole(parsePipeline(pipeline), pictureRaster(source));
  expect(difference(await decodeFile(path), expected)).toBe("same");
  rmSync(path);
  return job;
}

export const ended = (client: MasterClient, watch: Watch, id: string): Promise<JobView> =>
  watch.until(
    () => client.job(id),
    ({ state }) => state === "done" || state === "failed",
  );
