import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page, Request, Route } from "playwright-core";
import sharp from "sharp";
import { createClient } from "../../client/client.ts";
import { expectAccessible, Visits } from "./browser.ts";
import { openHeld } from "./held_server.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

/** Longer than the first part of an upload. */
const PHOTO = join(visits.folder, "large.jpg");

let url: string;
beforeAll(async () => {
  url = visits.serve().url;
  const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
  await sharp({ create: { width: 2000, height: 1500, channels: 3, background: "#808080", noise } })
    .jpeg({ quality: 90 })
    .toFile(PHOTO);
});

/** Stands between the page and the server: what becomes of the parts that are sent. */
class Line {
  /** Where each part began. */
  readonly offsets: number[] = [];
  private held = Promise.withResolvers<void>();

  constructor(private readonly decide: (part: number) => "pass" | "break" | "hold") {}

  async on(page: Page): Promise<void> {
    await page.route("**/v1/uploads/*", async (route: Route) => {
      const request = route.request();
      if (request.method() !== "PATCH") return route.fallback();
      this.offsets.push(Number(request.headers()["upload-offset"]));
      const fate = this.decide(this.offsets.length);
      if (fate === "break") return route.abort("connectionreset");
      if (fate === "pass") return route.fallback();
      this.held.resolve();
      return undefined;
    });
  }

  /** A part is on its way and does not arrive. */
  get isHeld(): Promise<void> {
    return this.held.promise;
  }
}

const choose = (page: Page, ...paths: string[]) =>
  page.getByLabel("Images", { exact: true }).setInputFiles(paths);

async function begin(page: Page): Promise<void> {
  await page.goto("/");
  await choose(page, PHOTO);
}

const seen = (page: Page) => page.getByText("Result: 2,000 × 1,500 px").waitFor();
const start = (page: Page) => page.getByRole("button", { name: "Start" }).click();

/** What the server has been asked and has answered. */
function askedBy(page: Page): Request[] {
  const asked: Request[] = [];
  page.on("requestfinished", (request) => asked.push(request));
  return asked;
}

const askedFor = (asked: readonly Request[], method: string, path: RegExp): Request[] =>
  asked.filter((request) => request.method() === method && path.test(new URL(request.url()).pathname));

const BEGINNINGS = ["POST", /^\/v1\/uploads$/] as const;

describe("an image", () => {
  test("goes over the wire once, to be looked at and to become a job", async () => {
    const { page } = await visits.visit(url);
    const asked = askedBy(page);
    await begin(page);
    await seen(page);
    const before = asked.length;
    await start(page);
    await page.waitForURL(/\/jobs\/.+/);
    const headers = await Promise.all(asked.map((request) => request.allHeaders()));
    const bytes = headers.reduce((sum, each) => sum + Number(each["content-length"] ?? 0), 0);
    expect(bytes).toBeGreaterThanOrEqual(Bun.file(PHOTO).size);
    expect(bytes).toBeLessThan(Bun.file(PHOTO).size + 50_000);
    expect(askedFor(asked.slice(before), "PATCH", /uploads/)).toEqual([]);
    expect(askedFor(asked, ...BEGINNINGS)).toHaveLength(1);
  });

  test("of several is sent early if it is looked at, and each of them once", async () => {
    const { page } = await visits.visit(url);
    const asked = askedBy(page);
    const begun = () => askedFor(asked, ...BEGINNINGS).length;
    const paths = await Promise.all(
      [300, 200, 100].map(async (width) => {
        const path = join(visits.folder, `side-${width}.png`);
        await sharp({ create: { width, height: 90, channels: 3, background: "teal" } }).toFile(path);
        return path;
      }),
    );
    await page.goto("/");
    await choose(page, ...paths);
    await page.getByText("Result: 300 × 90 px").waitFor();
    expect(begun()).toBe(1);
    await page.getByRole("button", { name: /^side-100.png/ }).click();
    await page.getByText("Result: 100 × 90 px").waitFor();
    expect(begun()).toBe(2);
    await page.getByRole("button", { name: "Start 3 images" }).click();
    await page.waitForURL(/\/batches\/.+/);
    await page.getByRole("link", { name: "New job" }).click();
    const list = page.getByRole("region", { name: "Uploads" });
    for (let i = 0; i < 3; i++) await list.getByText("Sent", { exact: true }).nth(i).waitFor();
    expect(begun()).toBe(3);
  });

  test("that is removed leaves nothing at the server", async () => {
    const { page } = await visits.visit(url);
    await begin(page);
    await seen(page);
    const isUpload = (address: string) => address.includes("/v1/uploads/");
    const gone = page.waitForResponse(
      (response) => response.request().method() === "DELETE" && isUpload(response.url()),
    );
    await page.getByRole("button", { name: "Remove large.jpg" }).click();
    expect((await fetch((await gone).url())).status).toBe(404);
  });

  test("that is chosen again after a reload goes on from where it stood", async () => {
    const { page } = await visits.visit(url);
    const asked = askedBy(page);
    const line = new Line((part) => (part === 2 ? "hold" : "pass"));
    await line.on(page);
    await begin(page);
    await line.isHeld;
    await page.getByText("The image is on its way to the server. 1.05 MB of ").waitFor();
    await expectAccessible(page);
    await page.reload();
    await choose(page, PHOTO);
    await seen(page);
    await start(page);
    await page.waitForURL(/\/jobs\/.+/);
    expect(line.offsets.slice(0, 3)).toEqual([0, 1 << 20, 1 << 20]);
    expect(askedFor(asked, ...BEGINNINGS)).toHaveLength(1);
  });
});

describe("an upload", () => {
  test("is paused, gone on with from where it was, and becomes a job", async () => {
    const { page } = await visits.visit(url);
    const line = new Line((part) => (part === 2 ? "hold" : "pass"));
    await line.on(page);
    await begin(page);
    await line.isHeld;
    await start(page);
    await page.getByText("1 upload, ").waitFor();
    await page.getByRole("button", { name: "Pause large.jpg" }).click();
    await page.getByText("Paused", { exact: true }).waitFor();
    await page.getByText("The upload is paused.").waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Workers" }).click();
    await page.getByRole("link", { name: /^1 upload, \d+ %/ }).click();
    await page.getByRole("region", { name: "Uploads" }).getByText("1.05 MB of ").waitFor();
    await page.getByRole("button", { name: "Go on with large.jpg" }).click();
    await page.waitForURL(/\/jobs\/.+/);
    expect(line.offsets.slice(0, 3)).toEqual([0, 1 << 20, 1 << 20]);
  });

  test("goes on by itself when the connection comes back", async () => {
    const { page } = await visits.visit(url);
    const line = new Line((part) => (part === 2 ? "break" : "pass"));
    await line.on(page);
    await begin(page);
    await start(page);
    await page.waitForURL(/\/jobs\/.+/);
    expect(line.offsets.slice(0, 3)).toEqual([0, 1 << 20, 1 << 20]);
    visits.forgive(/net::ERR_CONNECTION_RESET/);
  });

  test("that fails among others is told of wherever one looks, until it is put away", async () => {
    const { page } = await visits.visit(url, { width: 390, height: 844 });
    const broken = join(visits.folder, "broken.jpg");
    await Bun.write(broken, await Bun.file(PHOTO).slice(0, 5000).bytes());
    await page.goto("/");
    await page.getByLabel("Images", { exact: true }).setInputFiles([broken, PHOTO]);
    await page.getByRole("button", { name: "Start 2 images" }).click();
    await page.waitForURL(/\/batches\/.+/);
    const told = page.getByRole("link", { name: "1 upload failed" });
    await told.waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await told.click();
    await page.getByText("Failed", { exact: true }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Clear the finished" }).click();
    await page.getByRole("link", { name: "1 upload failed" }).waitFor({ state: "detached" });
    visits.forgive(/status of 422/);
  });

  test("goes on once somebody has signed in again", async () => {
    const closed = visits.serve();
    const key = { name: "ann", scopes: ["submit", "read"] } as const;
    const { secret } = await createClient(closed).createKey({ body: { ...key, scopes: [...key.scopes] } });
    const { page, context } = await visits.visit(closed.url);
    const signIn = async () => {
      await page.getByLabel("API key").fill(secret);
      await page.keyboard.press("Enter");
    };
    await page.goto("/");
    await signIn();
    await page.getByText("Drop images here").waitFor();
    const line = new Line((part) => (part === 2 ? "hold" : "pass"));
    await line.on(page);
    await begin(page);
    await line.isHeld;
    await start(page);
    await page.getByRole("button", { name: "Pause large.jpg" }).click();
    await context.clearCookies();
    await page.getByRole("button", { name: "Go on with large.jpg" }).click();
    await page.getByRole("heading", { name: "Sign in to go on" }).waitFor();
    await signIn();
    await page.getByRole("link", { name: "large.jpg" }).click();
    await page.waitForURL(/\/jobs\/.+/);
    expect(line.offsets.slice(0, 3)).toEqual([0, 1 << 20, 1 << 20]);
    visits.forgive(/status of 401/);
  });

  test("that is cancelled stands still, and whoever leaves while one is under way is asked first", async () => {
    const { page } = await visits.visit(url);
    const line = new Line((part) => (part === 2 ? "hold" : "pass"));
    await line.on(page);
    await begin(page);
    await line.isHeld;
    await start(page);
    const asked = page.waitForEvent("dialog");
    const leaving = page.evaluate(() => location.reload());
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    await leaving;
    await page.getByRole("button", { name: "Cancel large.jpg" }).click();
    await page.getByText("Cancelled").waitFor();
    await page.getByText("The upload is paused.").waitFor();
    await page.getByRole("button", { name: "Clear the finished" }).click();
    await page.getByRole("heading", { name: "Uploads" }).waitFor({ state: "detached" });
    // It can still be looked at.
    await page.getByRole("button", { name: "Go on" }).click();
    await seen(page);
    expect(line.offsets.slice(0, 3)).toEqual([0, 1 << 20, 1 << 20]);
  });

  test("that is cancelled after its image was removed leaves nothing", async () => {
    const { page } = await visits.visit(url);
    const line = new Line((part) => (part === 2 ? "hold" : "pass"));
    await line.on(page);
    await begin(page);
    await line.isHeld;
    await start(page);
    await page.getByRole("button", { name: "Remove large.jpg" }).click();
    const gone = page.waitForResponse((response) => response.request().method() === "DELETE");
    await page.getByRole("button", { name: "Cancel large.jpg" }).click();
    await page.getByText("Cancelled").waitFor();
    expect((await fetch((await gone).url())).status).toBe(404);
  });

  test("that is cancelled while it becomes a job becomes none that goes on", async () => {
    // Nobody is at work there, so that no job ends by itself.
    const idle = openHeld(join(visits.folder, "idle"));
    const { page, context } = await visits.visit(idle.url);
    const asked = Promise.withResolvers<Route>();
    await page.route("**/v1/jobs", (route) =>
      route.request().method() === "POST" ? asked.resolve(route) : route.fallback(),
    );
    await begin(page);
    await start(page);
    const route = await asked.promise;
    await page.getByRole("button", { name: "Cancel large.jpg" }).click();
    await page.getByText("Cancelled").waitFor();
    const cancelled = page.waitForResponse((response) => response.url().endsWith("/cancel"));
    await route.continue();
    expect(await (await cancelled).json()).toMatchObject({ state: "cancelled" });
    await context.close();
    await idle.stop();
  });
});
