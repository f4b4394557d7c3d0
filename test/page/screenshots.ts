/**
 * `bun run screenshots`: every view, light and dark, on a telephone, a notebook and a large screen, as PNG files in
 * `dist/screenshots`; those that the README shows go to `docs/screenshots`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { createClient, type JobView } from "../../client/client.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { picture, spec } from "../engine/harness.ts";
import type { OwnWorker } from "../engine/own_worker.ts";
import { type Visit, Visits } from "./browser.ts";
import { type HeldServer, openHeld } from "./held_server.ts";

const ROOT = join(import.meta.dir, "../..");
const ALL = join(ROOT, "dist/screenshots");
const SHOWN = join(ROOT, "docs/screenshots");
const WIDTHS = [390, 1280, 1920] as const;
const SCHEMES = ["light", "dark"] as const;
const WORKERS = 4;

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Until there is what is to be seen. */
  readonly ready: (page: Page) => Promise<unknown>;
  /** In the README, in the light, on a notebook: taken before all others or after them. */
  readonly shown?: "first" | "last";
}

const visits = new Visits();
try {
  for (const folder of [ALL, SHOWN]) mkdirSync(folder, { recursive: true });
  const server = openHeld(join(visits.folder, "server"), {
    failedKeptMs: 3_600_000,
    sourceKeptMs: 3_600_000,
  });
  try {
    await takeAll(server.url, await scene(server));
  } finally {
    await server.stop();
  }
} finally {
  await visits.end();
}

interface Scene {
  readonly done: JobView;
  readonly halfway: JobView;
  readonly image: string;
}

/** Some jobs in different states: four workers, of whom one has left off in mid-job. */
async function scene(server: HeldServer): Promise<Scene> {
  const client = createClient({ url: server.url });
  const image = await picture(visits.folder, spec(4096, 2730, 3, 8, 5), "jpg");
  let serve = (task: Task, worker: OwnWorker): Promise<void> | undefined => worker.answer(task);
  for (let i = 0; i < WORKERS; i++) server.join((task, worker) => serve(task, worker));
  const send = (name: string, pipeline: string) =>
    client.submit(Bun.file(image), { name, pipeline, tile_size: 256, format: "jpeg" });
  const done = await send("harbour.jpg", "auto_levels | sharpen");
  await client.wait(done.id);
  const other = await send("harbour, grey.jpg", "grayscale | contrast(factor=1.2)");
  await client.wait(other.id);
  serve = (task, worker) => worker.publish(worker.failed(task));
  await client.wait((await send("broken.jpg", "median(radius=2)")).id);
  let left = 90;
  serve = (task, worker) => (left-- > 0 ? worker.answer(task) : undefined);
  const halfway = await send("harbour, soft.jpg", "blur(sigma=6) | saturation(amount=1.3)");
  for await (const job of client.watch(halfway.id)) if (job.progress.tiles_done >= 90) break;
  return { done, halfway, image };
}

async function takeAll(url: string, { done, halfway, image }: Scene): Promise<void> {
  const heading = (page: Page) => page.getByRole("heading", { level: 1 }).waitFor();
  const settled = (page: Page) => page.waitForLoadState("networkidle");
  const shots: readonly Shot[] = [
    { name: "job", path: `/jobs/${halfway.id}`, ready: settled, shown: "first" },
    { name: "new_job_empty", path: "/", ready: heading },
    {
      name: "new_job",
      path: "/?pipeline=blur(sigma=3)|sharpen",
      shown: "first",
      async ready(page) {
        await page.locator('input[type="file"]').first().setInputFiles(image);
        await settled(page);
      },
    },
    { name: "job_done", path: `/jobs/${done.id}`, ready: settled },
    { name: "jobs", path: "/jobs", ready: settled },
    { name: "jobs_none", path: "/jobs?text=nothing", ready: settled },
    { name: "batches", path: "/batches", ready: heading },
    { name: "workers", path: "/workers", ready: settled },
    { name: "overview", path: "/overview", ready: settled, shown: "last" },
    { name: "keys", path: "/keys", ready: heading },
    { name: "sign_in", path: "/sign-in", ready: heading },
    {
      name: "nothing_here",
      path: "/jobs/none",
      ready: (page) => page.getByRole("heading").first().waitFor(),
    },
  ];
  const take = async ({ path, ready }: Shot, look: Visit, to: string, fullPage: boolean) => {
    const { page, context } = await visits.visit(url, { height: look.width === 390 ? 844 : 900, ...look });
    await page.goto(path);
    await ready(page);
    await page.screenshot({ path: to, fullPage });
    await context.close();
  };
  const show = (shot: Shot) => take(shot, { width: 1280 }, join(SHOWN, `${shot.name}.png`), false);
  // Later on the job that stands still says so.
  for (const shot of shots.filter(({ shown }) => shown === "first")) await show(shot);
  for (const width of WIDTHS)
    for (const scheme of SCHEMES)
      for (const shot of shots)
        await take(shot, { width, scheme }, join(ALL, `${shot.name}_${width}_${scheme}.png`), true);
  // By now there is a history.
  for (const shot of shots.filter(({ shown }) => shown === "last")) await show(shot);
}
