/** Servers with jobs on them, for views that list them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type JobView, type SubmitOptions } from "../../client/client.ts";
import { picture, spec } from "../engine/harness.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-jobs-page-"));

/** A small image. */
async function image(width = 100): Promise<Blob> {
  const path = await picture(folder, spec(width, 80, 3));
  return new Blob([readFileSync(path)], { type: "image/png" });
}

export const leave = (): void => rmSync(folder, { recursive: true, force: true });

interface Sent extends SubmitOptions {
  readonly key?: string;
}

/** Sends an image for each of the names, one after the other; they are done once this resolves. */
export async function send(url: string, names: readonly string[], { key, ...options }: Sent = {}) {
  const client = createClient({ url, ...(key !== undefined && { key }) });
  const bytes = await image();
  const jobs: JobView[] = [];
  for (const name of names) jobs.push(await client.submit(bytes, { pipeline: "invert", ...options, name }));
  return Promise.all(jobs.map(({ id }) => client.wait(id)));
}
