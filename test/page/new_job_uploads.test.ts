import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page, Route } from "playwright-core";
import sharp from "sharp";
import { createClient } from "../../client/client.ts";
import { expectAccessible, Visits } from "./browser.ts";

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

async function begin(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Images", { exact: true }).setInputFiles(PHOTO);
  await page.getByText("Result: 2,000 × 1,500 px").waitFor();
  await page.getByRole("button", { name: "Start" }).click();
}

describe("an upload", () => {
  test("is paused, gone on with from where it was, and becomes a job", async () => {
    const { page } = await visits.visit(url);
    const line = new Line((part) => (part === 2 ? "hold" : "pass"));
    await line.on(page);
    await begin(page);
    await line.isHeld;
    await page.getByText("1 upload, ").waitFor();
    await page.getByRole("button", { name: "Pause large.jpg" }).click();
    await page.getByText("Paused", { exact: true }).waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Workers" }).click();
    await page.getByRole("link", { name: /^1 upload, \d+ %/ }).click();
    await page.getByText("1.05 MB of ").waitFor();
    await page.getByRole("button", { name: "Go on with large.jpg" }).click();
    await page.waitForURL(/\/jobs\/.+/);
    expect(line.offsets.slice(0, 3)).toEqual([0, 1 << 20, 1 << 20]);
  });

  test("goes on by itself when the connection comes back", async () => {
    const { page } = await visits.visit(url);
    const line = new Line((part) => (part === 2 ? "break" : "pass"));
    await line.on(page);
    await begin(page);
    await page.waitForURL(/\/jobs\/.+/);
    expect(line.offsets.slice(0, 3)).toEqual([0, 1 << 20, 1 << 20]);
    visits.forgive(/net::ERR_CONNECTION_RESET/);
  });

  test("that fails among others is told of wherever one looks, until it is put away", async () => {
    const { page } = await visits.visit(url);
    const broken = join(visits.folder, "broken.jpg");
    await Bun.write(broken, await Bun.file(PHOTO).slice(0, 5000).bytes());
    await page.goto("/");
    await page.getByLabel("Images", { exact: true }).setInputFiles([broken, PHOTO]);
    await page.getByRole("button", { name: "Start 2 images" }).click();
    await page.waitForURL(/\/batches\/.+/);
    await page.getByRole("link", { name: "1 upload failed" }).click();
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

  test("that is cancelled leaves nothing, and whoever leaves while one is under way is asked first", async () => {
    const { page } = await visits.visit(url);
    const line = new Line((part) => (part === 2 ? "hold" : "pass"));
    await line.on(page);
    await begin(page);
    await line.isHeld;
    const asked = page.waitForEvent("dialog");
    const leaving = page.evaluate(() => location.reload());
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    await leaving;
    const gone = page.waitForResponse((response) => response.request().method() === "DELETE");
    await page.getByRole("button", { name: "Cancel large.jpg" }).click();
    await page.getByText("Cancelled").waitFor();
    const deleted = await gone;
    expect((await fetch(deleted.url())).status).toBe(404);
    await page.getByRole("button", { name: "Clear the finished" }).click();
    await page.getByRole("heading", { name: "Uploads" }).waitFor({ state: "detached" });
  });
});
