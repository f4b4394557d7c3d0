/** Servers with jobs on them, for views that list them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type JobView, type SubmitOptions } from "../../client/client.ts";
import { picture, spec } from "../engine/harness.ts";

/** A small image, or as large as is said. */
export async function image(width = 100, height = 80): Promise<Blob> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-jobs-page-"));
  try {
    const path = await picture(folder, spec(width, height, 3));
    return new Blob([readFileSync(path)], { type: "image/png" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const clientOf = (url: string, key?: string): Client =>
  createClient({ url, ...(key !== undefined && { key }) });

interface Sent extends SubmitOptions {
  readonly key?: string;
}

/** Sends an image for each of the names, one after the other; they are done once this resolves. */
export async function send(url: string, names: readonly string[], { key, ...options }: Sent = {}) {
  const client = clientOf(url, key);
  const bytes = await image();
  const jobs: JobView[] = [];
  for (const name of names) jobs.push(await client.submit(bytes, { pipeline: "invert", ...options, name }));
  return Promise.all(jobs.map(({ id }) => client.wait(id)));
}

/** Sends images that take longer than it takes to pause their jobs. */
export async function sendPaused(url: string, names: readonly string[], key?: string): Promise<JobView[]> {
  const client = clientOf(url, key);
  const bytes = await image(900, 900);
  const jobs: JobView[] = [];
  for (const name of names) {
    const { id } = await client.submit(bytes, { name, pipeline: "bilateral | bilateral | bilateral" });
    jobs.push(await client.pauseJob({ id }));
  }
  return jobs;
}
