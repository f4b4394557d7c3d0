import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createClient, type JobView, type SubmitOptions } from "../../client/client.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { inLong, picture, spec } from "../engine/harness.ts";
import type { OwnWorker } from "../engine/own_worker.ts";
import { expectAccessible, type Visitor, Visits } from "./browser.ts";
import { type HeldServer, openHeld } from "./held_server.ts";

const visits = new Visits();
const [WIDTH, HEIGHT] = inLong([6000, 4000] as const, [12_000, 8400] as const);
const MEGAPIXELS = Math.floor((WIDTH * HEIGHT) / 1e6);
/** One of so many, and one of 4 x 3 tiles. */
let large = "";
let small = "";
const KEPT = { failedKeptMs: 3_600_000, sourceKeptMs: 3_600_000 };
const ASKED = { pipeline: "blur(sigma=2)", tile_size: 64 };

beforeAll(async () => {
  [large, small] = await Promise.all([
    picture(visits.folder, spec(WIDTH, HEIGHT), "jpg"),
    picture(visits.folder, spec(256, 192)),
  ]);
});
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

const submit = (url: string, path: string, options: SubmitOptions): Promise<JobView> =>
  createClient({ url }).submit(Bun.file(path), { name: path.split("/").at(-1)!, ...options });

/** A job of the small picture on a server whose workers the test holds, and its page. */
async function held(
  use: (it: { server: HeldServer; page: Visitor["page"]; job: JobView }) => Promise<void>,
  options: SubmitOptions = ASKED,
): Promise<void> {
  const server = openHeld(`${visits.folder}/${crypto.randomUUID()}`, KEPT);
  const { page, context } = await visits.visit(server.url);
  try {
    const job = await submit(server.url, small, options);
    await page.goto(`/jobs/${job.id}`);
    await use({ server, page, job });
    visits.expectNoComplaints();
  } finally {
    await context.close();
    await server.stop();
  }
}

const mosaic = (page: Visitor["page"]) => page.getByRole("application", { name: /tiles/ });
const facts = (page: Visitor["page"], text: RegExp) => page.locator("#tile_facts").filter({ hasText: text });
const answer = (task: Task, worker: OwnWorker) => worker.answer(task);

interface Point {
  readonly canvas: string;
  /** In shares of its sides. */
  readonly x: number;
  readonly y: number;
}

/** What a canvas shows around a point: red, green, blue and alpha. */
function colourAt({ canvas, x, y }: Point): number[] {
  const from = document.querySelector<HTMLCanvasElement>(canvas);
  if (from === null) return [];
  const context = new OffscreenCanvas(1, 1).getContext("2d")!;
  const [width, height] = [from.width / 20, from.height / 20];
  const [left, top] = [x * from.width - width / 2, y * from.height - height / 2];
  context.drawImage(from, left, top, width, height, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
}

const shown = (page: Visitor["page"], point: Point): Promise<number[]> => page.evaluate(colourAt, point);

/** Resolves with what is shown once that is opaque, and other than `before`. */
async function shownAnew(page: Visitor["page"], point: Point, before: number[] = []): Promise<number[]> {
  await page.evaluate(`globalThis.colourAt = ${colourAt}`);
  const found = await page.waitForFunction(
    ({ point, before }) => {
      const { colourAt: look } = globalThis as unknown as { colourAt: (point: Point) => number[] };
      const now = look(point);
      return now[3] === 255 && now.join() !== before && now;
    },
    { point, before: before.join() },
  );
  return (await found.jsonValue()) as number[];
}

const picturePoint = (x: number, y: number): Point => ({ canvas: ".mosaic_picture", x, y });
/** The middle of the second tile of the first row. */
const SECOND = { x: 1.5 / 4, y: 0.5 / 3 };
const SECOND_PICTURE = { ...SECOND, canvas: ".mosaic_picture" };
const SECOND_TILE = { ...SECOND, canvas: ".mosaic_sheet" };

describe("the view of a job", () => {
  test(
    `P8: a ${MEGAPIXELS}-MP image is watched from its first tiles to the download, and its pixels come`,
    async () => {
      const { url } = visits.serve();
      const { page } = await visits.visit(url);
      const job = await submit(url, large, { pipeline: "blur(sigma=8) | sharpen" });
      await page.goto(`/jobs/${job.id}`);
      await page.getByRole("progressbar", { name: "Tiles done" }).waitFor();
      await page.locator(".badge", { hasText: "Running" }).waitFor();
      await page.locator(".badge", { hasText: "Done" }).waitFor();
      for (const [x, y] of [
        [0.1, 0.1],
        [0.5, 0.5],
        [0.9, 0.9],
      ] as const)
        await shownAnew(page, picturePoint(x, y));
      const coming = page.waitForEvent("download");
      await page.getByRole("link", { name: /^Download JPEG/ }).click();
      const bytes = await Bun.file(await (await coming).path()).bytes();
      const expected = await (await fetch(`${url}/v1/jobs/${job.id}/result`)).bytes();
      expect(Buffer.compare(bytes, expected)).toBe(0);
    },
    inLong(180_000, 300_000),
  );

  test("P8: each tile is seen waiting, in flight, tried again and done with its pixels, by whom and at which attempt", async () => {
    await held(async ({ server, page }) => {
      await page.getByText("Stalled: no worker is there").waitFor();
      await mosaic(page).focus();
      await page.keyboard.press("ArrowRight");
      await facts(page, /^Tile 1,0 of stage 0: waiting$/).waitFor();
      expect(await shown(page, SECOND_PICTURE)).toEqual([0, 0, 0, 0]);
      const waiting = await shown(page, SECOND_TILE);
      const worker = server.join();
      const tasks = await worker.came(4);
      await facts(page, /^Tile 1,0 of stage 0: in flight with/).waitFor();
      const inFlight = await shown(page, SECOND_TILE);
      await worker.publish(worker.failed(tasks.find(({ tile }) => tile === 1)!));
      await facts(page, /in flight with .* · attempt 2$/).waitFor();
      // Tiles of a row are written together.
      const row = [0, 2, 3].map((tile) => tasks.find((task) => task.tile === tile)!);
      const again = worker.tasks.find(({ tile, attempt }) => tile === 1 && attempt === 2);
      for (const task of [again!, ...row]) await worker.answer(task);
      await facts(page, /^Tile 1,0 of stage 0: done by .* · attempt 2 · 10 ms$/).waitFor();
      await shownAnew(page, SECOND_PICTURE);
      await nextFrames(page);
      const done = await shown(page, SECOND_TILE);
      // Not all over: the pixels below are to be seen.
      expect(done[3]!).toBeLessThan(inFlight[3]!);
      expect(new Set([waiting, inFlight, done].map(String)).size).toBe(3);
      expect((await shown(page, picturePoint(3.5 / 4, 2.5 / 3)))[3]).toBe(0);
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 390, height: 800 });
      await expectAccessible(page);
    });
  });

  test("a job that failed by a tile says what to do, and is retried to its end", async () => {
    await held(async ({ server, page }) => {
      let ill = true;
      server.join((task, worker) =>
        ill && task.tile === 5 ? worker.publish(worker.failed(task)) : worker.answer(task),
      );
      await page
        .getByRole("alert")
        .getByText(/tiles of 12 are done and kept: retry/)
        .waitFor();
      await mosaic(page).hover({ position: await middleOf(page, 1, 1) });
      await facts(page, /^Tile 1,1 of stage 0: failed · attempt 3$/).waitFor();
      await expectAccessible(page);
      ill = false;
      await page.getByRole("button", { name: "Retry" }).click();
      await page.getByRole("link", { name: /^Download/ }).waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
      await page.getByText("Retried").waitFor();
    });
  });

  test("is paused, resumed and cancelled by keys, each as the server has it", async () => {
    await held(async ({ page, job, server }) => {
      const api = createClient({ url: server.url });
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await page.keyboard.press("p");
      await page.getByText("Paused.").waitFor();
      expect((await api.getJob({ id: job.id })).state).toBe("paused");
      await page.keyboard.press("p");
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await page.keyboard.press("c");
      await page.getByRole("dialog", { name: "Cancel this job?" }).waitFor();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Cancel the job" }).click();
      await page.getByText("Its files are gone").waitFor();
      expect((await api.getJob({ id: job.id })).state).toBe("cancelled");
    });
  });

  test("shows source and result on both sides of a line, down to their pixels", async () => {
    await held(
      async ({ server, page }) => {
        server.join(answer);
        await page.getByRole("link", { name: /^Download/ }).waitFor();
        await page.getByRole("button", { name: "Before and after" }).click();
        const line = page.getByRole("slider", { name: "Line between before and after" });
        await line.focus();
        const [left, right] = [0.4, 0.6].map((x) => ({ canvas: ".compare_stage canvas", x, y: 0.5 }));
        await page.keyboard.press("Home");
        const result = await shownAnew(page, left!);
        const resultRight = await shownAnew(page, right!);
        await page.keyboard.press("End");
        const source = await shownAnew(page, left!, result);
        // The result is the source's negative.
        for (const channel of [0, 1, 2])
          expect(Math.abs(source[channel]! + result[channel]! - 255)).toBeLessThan(12);
        const sourceRight = await shown(page, right!);
        for (let i = 0; i < 5; i++) await page.keyboard.press("PageDown");
        expect(await shownAnew(page, right!, sourceRight)).toEqual(resultRight);
        expect(await shown(page, left!)).toEqual(source);
        await page.getByRole("button", { name: "Real pixels" }).click();
        await page.getByText("100 %", { exact: true }).waitFor();
        await expectAccessible(page);
      },
      { ...ASKED, pipeline: "invert" },
    );
  });

  test("P8: shows what there is of a result while the job runs, and what comes", async () => {
    await held(async ({ server, page }) => {
      let isHeld = true;
      const late: (() => Promise<void>)[] = [];
      server.join((task, worker) => {
        if (!isHeld || task.tile < 4) return worker.answer(task);
        late.push(() => worker.answer(task));
      });
      const [above, below] = [0.1, 0.8].map((y) => ({ canvas: ".compare_stage canvas", x: 0.6, y }));
      await page.getByText("33 %", { exact: true }).waitFor();
      await page.keyboard.press("2");
      await shownAnew(page, above!);
      expect((await shown(page, below!))[3]).toBe(0);
      await shownAnew(page, { ...below!, x: 0.4 });
      isHeld = false;
      for (const answerLate of late) await answerLate();
      await shownAnew(page, below!);
    });
  });

  test("follows the stage that is at work, until somebody wants to see another", async () => {
    await held(
      async ({ server, page }) => {
        const stage = (index: number) =>
          page.getByRole("group", { name: "Stage" }).getByRole("button").nth(index);
        const pressed = (index: number) => stage(index).and(page.locator("[aria-pressed=true]"));
        await pressed(0).waitFor();
        for (let i = 0; i < 2; i++)
          server.join((task, worker) => (task.stage === 0 ? worker.answer(task) : undefined));
        await pressed(1).waitFor();
        await stage(0).click();
        await mosaic(page).hover({ position: await middleOf(page, 0, 2) });
        await facts(page, /^Tile 0,2 of stage 0: done by/).waitFor();
        // Those of one worker stand out where somebody asks for it.
        const before = await allTiles(page);
        await page
          .getByRole("button", { name: /^bench/ })
          .first()
          .click();
        await nextFrames(page);
        const after = await allTiles(page);
        const veiled = after.filter((colour, tile) => colour.join() !== before[tile]!.join()).length;
        expect(veiled).toBeGreaterThan(0);
        expect(veiled).toBeLessThan(12);
      },
      { ...ASKED, pipeline: "contrast | sharpen" },
    );
  });

  test("shares its link, changes its priority, and is begun again with other settings", async () => {
    await held(async ({ server, page, job }) => {
      await page.getByRole("combobox", { name: "Priority" }).selectOption("9");
      await page.getByText("Priority changed to 9").waitFor();
      expect((await createClient({ url: server.url }).getJob({ id: job.id })).priority).toBe(9);
      await page.keyboard.press("l");
      await page.getByText("The link is copied.").waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("link", { name: "Again with other settings" }).click();
      await page.getByRole("heading", { level: 1, name: "New job" }).waitFor();
      expect(new URL(page.url()).searchParams.get("pipeline")).toBe("blur(sigma=2)");
    });
  });

  test("P7: offers nobody what they may not do", async () => {
    await held(async ({ server, page, job }) => {
      // Nobody looks while the server is closed.
      await page.goto("about:blank");
      const open = createClient({ url: server.url });
      const root = await open.createKey({ body: { name: "root", scopes: ["admin"] } });
      const admin = createClient({ url: server.url, key: root.secret });
      const { owner } = await admin.getJob({ id: job.id });
      const { secret } = await admin.createKey({ body: { name: "reader", owner, scopes: ["read"] } });
      const headers = { authorization: `Bearer ${secret}` };
      expect((await page.context().request.post("/v1/session", { headers })).status()).toBe(200);
      await page.goto(`/jobs/${job.id}`);
      await page.getByRole("heading", { level: 1, name: /png$/ }).waitFor();
      await page.getByText("Taken in").waitFor();
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("button", { name: "Copy link" }).waitFor();
      for (const name of ["Pause", "Cancel", "Delete"])
        expect(await page.getByRole("button", { name }).count()).toBe(0);
      expect(await page.getByRole("link", { name: "Again with other settings" }).count()).toBe(0);
      expect(await page.getByRole("combobox", { name: "Priority" }).count()).toBe(0);
      await page.keyboard.press("Escape");
      await page.keyboard.press("p");
      await page.keyboard.press("c");
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect((await admin.getJob({ id: job.id })).state).toBe("running");
    });
  });

  test("says so when the job is deleted, here or elsewhere, and when there is none", async () => {
    await held(async ({ server, page, job }) => {
      // All that the page asks about the job has been answered.
      await page.getByText("Taken in").waitFor();
      await createClient({ url: server.url }).deleteJob({ id: job.id });
      await page.getByRole("heading", { name: /was deleted$/ }).waitFor();
      await page.goto("/jobs/none");
      await page.getByRole("heading", { name: "There is no such job" }).waitFor();
      await expectAccessible(page);
      const other = await submit(server.url, small, ASKED);
      await page.goto(`/jobs/${other.id}`);
      await page.getByText("Taken in").waitFor();
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("button", { name: "Delete the job" }).click();
      await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    });
  });

  test("P3: goes on by itself when the server is back, without being loaded again", async () => {
    const first = visits.serve();
    const { page, complaints } = await visits.visit(first.url);
    const job = await submit(first.url, large, { pipeline: "blur(sigma=2)" });
    await createClient({ url: first.url }).pauseJob({ id: job.id });
    await page.goto(`/jobs/${job.id}`);
    await page.getByText("Paused.").waitFor();
    await first.stop();
    await page.getByText("The connection is lost.").waitFor();
    await expectAccessible(page);
    const { port } = new URL(first.url);
    const second = visits.serve({ dir: first.dir, port: Number(port) });
    expect(second.url).toBe(first.url);
    await page.getByText("Paused.").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByRole("link", { name: /^Download/ }).waitFor();
    // What the browser says of a server that is not there is not ours.
    const ours = complaints.splice(0).filter((text) => !text.includes("ERR_CONNECTION_REFUSED"));
    expect(ours).toEqual([]);
  });
});

/** What was to be drawn is drawn. */
const nextFrames = (page: Visitor["page"]) =>
  page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));

const allTiles = (page: Visitor["page"]): Promise<number[][]> =>
  Promise.all(
    Array.from({ length: 12 }, (_, tile) => {
      const [x, y] = [((tile % 4) + 0.5) / 4, (Math.floor(tile / 4) + 0.5) / 3];
      return shown(page, { canvas: ".mosaic_sheet", x, y });
    }),
  );

async function middleOf(page: Visitor["page"], column: number, row: number) {
  const { width, height } = (await mosaic(page).boundingBox())!;
  return { x: ((column + 0.5) / 4) * width, y: ((row + 0.5) / 3) * height };
}
