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
  /** On a server that is closed: to nobody it knows, or to an admin. */
  readonly closedTo?: "stranger" | "admin";
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
    await takeAll(server.url, await scene(server), await closedServer());
  } finally {
    await server.stop();
  }
} finally {
  await visits.end();
}

/** A server with keys. */
interface Closed {
  readonly url: string;
  /** Of an admin. */
  readonly secret: string;
}

async function closedServer(): Promise<Closed> {
  const { url } = visits.serve();
  const { secret } = await createClient({ url }).createKey({ body: { name: "ann", scopes: ["admin"] } });
  const admin = createClient({ url, key: secret });
  await admin.createKey({ body: { name: "scanner", owner: "lab", scopes: ["submit", "read"] } });
  const old = await admin.createKey({ body: { name: "old robot", scopes: ["read"] } });
  await admin.revokeKey({ id: old.key.id });
  return { url, secret };
}

interface Scene {
  readonly done: JobView;
  readonly halfway: JobView;
  /** Id of a batch of three. */
  readonly batch: string;
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
  const { id: batch } = await client.createBatch({ body: { name: "Three scans", pipeline: "sharpen" } });
  for (const name of ["scan 1.jpg", "scan 2.jpg", "scan 3.jpg"]) {
    const { jobs } = await client.addImages({ id: batch, name, body: Bun.file(image) });
    await client.wait(jobs[0]!.id);
  }
  serve = (task, worker) => worker.publish(worker.failed(task));
  await client.wait((await send("broken.jpg", "median(radius=2)")).id);
  let left = 90;
  serve = (task, worker) => (left-- > 0 ? worker.answer(task) : undefined);
  const halfway = await send("harbour, soft.jpg", "blur(sigma=6) | saturation(amount=1.3)");
  for await (const job of client.watch(halfway.id)) if (job.progress.tiles_done >= 90) break;
  return { done, halfway, batch, image };
}

async function takeAll(url: string, { done, halfway, batch, image }: Scene, closed: Closed): Promise<void> {
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
    { name: "batches", path: "/batches", ready: settled },
    { name: "batch", path: `/batches/${batch}`, ready: settled },
    { name: "workers", path: "/workers", ready: settled },
    { name: "overview", path: "/overview", ready: settled, shown: "last" },
    { name: "keys_none", path: "/keys", ready: heading },
    { name: "keys", path: "/keys", closedTo: "admin", ready: settled },
    { name: "sign_in", path: "/", closedTo: "stranger", ready: heading },
    {
      name: "shortcuts",
      path: "/jobs",
      async ready(page) {
        await settled(page);
        await page.keyboard.press("?");
        await page.getByRole("dialog").waitFor();
      },
    },
    {
      name: "nothing_here",
      path: "/jobs/none",
      ready: (page) => page.getByRole("heading").first().waitFor(),
    },
  ];
  const take = async ({ path, closedTo, ready }: Shot, look: Visit, to: string, fullPage: boolean) => {
    const at = closedTo === undefined ? url : closed.url;
    const { page, context } = await visits.visit(at, { height: look.width === 390 ? 844 : 900, ...look });
    if (closedTo === "admin") {
      const headers = { authorization: `Bearer ${closed.secret}`, origin: closed.url };
      await context.request.post("/v1/session", { headers });
    }
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
