import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { UPLOADS_KEPT_AS } from "../../page/shell/kept.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import { expectAccessible, type Visit, Visits } from "./browser.ts";
import { clientOf, image, send, sendPaused } from "./jobs_room.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

/** A server that is closed, with a key for each who may do so much. */
async function closedServer<N extends string>(wanted: Readonly<Record<N, readonly Scope[]>>) {
  const { url } = visits.serve();
  const admin = (await clientOf(url).createKey({ body: { name: "root", scopes: ["admin"] } })).secret;
  const root = clientOf(url, admin);
  const keys = {} as Record<N, { secret: string; id: string }>;
  for (const name of Object.keys(wanted) as N[]) {
    const { key, secret } = await root.createKey({ body: { name, scopes: [...wanted[name]] } });
    keys[name] = { secret, id: key.id };
  }
  return { url, root, keys };
}

/** Somebody for whom the cookie is there already. */
async function signedIn(url: string, secret: string, visit: Visit = {}) {
  const visitor = await visits.visit(url, visit);
  const headers = { authorization: `Bearer ${secret}` };
  expect((await visitor.context.request.post("/v1/session", { headers })).status()).toBe(200);
  return visitor;
}

const rowOf = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

async function enter(page: Page, secret: string): Promise<void> {
  await page.getByLabel("API key").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe("signing in", () => {
  test("with a wrong key says what is wrong, with a right one leads to where one wanted to go", async () => {
    const { url, root, keys } = await closedServer({ ann: ["read"], old: ["read"] });
    await root.revokeKey({ id: keys.old.id });
    await send(url, ["mine.png"], {
      key: (await root.createKey({ body: { name: "ann", scopes: ["submit", "read"] } })).secret,
    });
    const { page } = await visits.visit(url);
    await page.goto("/jobs?text=mine");
    await page.getByRole("heading", { name: "Sign in to Tessera" }).waitFor();
    await expectAccessible(page);
    const fault = page.getByRole("alert");
    for (const [secret, words] of [
      ["tsk_wrong", "There is no such key."],
      ["schlüssel", "There is no such key."],
      [keys.old.secret, "The key has been revoked."],
    ] as const) {
      await enter(page, secret);
      await fault.getByText(words).waitFor();
    }
    await expectAccessible(page);
    await enter(page, keys.ann.secret);
    await rowOf(page, "mine.png").waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/jobs?text=mine");
    await page.getByRole("button", { name: "ann" }).click();
    await page.getByText("May see jobs; sees the jobs of ann.").waitFor();
    await expectAccessible(page);
    await page.evaluate((name) => localStorage.setItem(name, "[]"), UPLOADS_KEPT_AS);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Tessera" }).waitFor();
    expect((await page.context().request.get("/v1/jobs")).status()).toBe(401);
    expect(await page.evaluate((name) => localStorage.getItem(name), UPLOADS_KEPT_AS)).toBeNull();
    await enter(page, keys.ann.secret);
    await rowOf(page, "mine.png").waitFor();
    await page.goto("/sign-in?back=//evil.example");
    await page.waitForURL(`${url}/jobs`);
    // The browser itself says that answers were 401.
    visits.expectComplaints(/401/);
  });

  test("again, when the session has ended, goes on where one was", async () => {
    const { url, root, keys } = await closedServer({ ann: ["read", "operate", "submit"] });
    await sendPaused(url, ["held.png"], keys.ann.secret);
    const { page, context } = await signedIn(url, keys.ann.secret);
    await page.goto("/jobs");
    await page.getByRole("searchbox").fill("held");
    await page.waitForURL(/text=held/);
    await page.getByRole("checkbox", { name: "Select held.png" }).click();
    // As when it expires: the cookie leads to nobody any more.
    await context.request.delete("/v1/session", { headers: { origin: url } });
    await page.getByRole("searchbox").fill("held.png");
    const dialog = page.getByRole("dialog", { name: "Sign in to go on" });
    await dialog.getByText("as ann").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await enter(page, keys.ann.secret);
    await dialog.waitFor({ state: "hidden" });
    expect(await page.getByRole("searchbox").inputValue()).toBe("held.png");
    await rowOf(page, "held.png").waitFor();
    // What happens is seen again, without a reload.
    const [job] = (await root.listJobs()).jobs;
    await root.cancelJob({ id: job!.id });
    await rowOf(page, "held.png").getByText("Cancelled").waitFor();
    visits.expectComplaints(/401/);
  });

  test("is asked for where nothing but what is looked up now and then is shown, too", async () => {
    const { url, keys } = await closedServer({ ann: ["read"] });
    const { page, context } = await signedIn(url, keys.ann.secret);
    await page.goto("/workers");
    await page.getByText("No tile was given up on.").waitFor();
    // The socket was let in before, and stays: only what is asked from now on is refused.
    await context.clearCookies();
    await page.getByRole("dialog", { name: "Sign in to go on" }).waitFor();
    await enter(page, keys.ann.secret);
    await page.getByRole("dialog", { name: "Sign in to go on" }).waitFor({ state: "hidden" });
    await page.getByText("No tile was given up on.").waitFor();
    visits.expectComplaints(/401/);
  });

  test("as somebody else shows nothing of what was there", async () => {
    const { url, root, keys } = await closedServer({ ann: ["read", "submit"], bob: ["read", "submit"] });
    await send(url, ["ann.png"], { key: keys.ann.secret });
    await send(url, ["bob.png"], { key: keys.bob.secret });
    const { page } = await signedIn(url, keys.ann.secret);
    await page.goto("/jobs");
    await rowOf(page, "ann.png").waitFor();
    expect(await page.getByText("bob.png").count()).toBe(0);
    await root.revokeKey({ id: keys.ann.id });
    await page.getByRole("searchbox").fill("png");
    await page.getByRole("dialog", { name: "Sign in to go on" }).waitFor();
    await enter(page, keys.bob.secret);
    await rowOf(page, "bob.png").waitFor();
    expect(await page.getByText("ann.png").count()).toBe(0);
    visits.expectComplaints(/401/);
  });
});

describe("a key that may only look", () => {
  test("is offered nothing that it would be refused", async () => {
    const { url, keys } = await closedServer({ ann: ["submit", "read"], eve: ["read"] });
    const { page } = await signedIn(url, keys.eve.secret);
    await page.goto("/");
    await page.getByRole("heading", { name: "No jobs yet" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/jobs");
    expect(await page.getByRole("link", { name: "New job" }).count()).toBe(0);
    await page.goto("/keys");
    await page.getByRole("heading", { name: "Your key is not for this" }).waitFor();
    await expectAccessible(page);
    const ann = await signedIn(url, keys.ann.secret, { width: 390 });
    await send(url, ["done.png"], { key: keys.ann.secret });
    await ann.page.goto("/jobs");
    await rowOf(ann.page, "done.png").waitFor();
    expect(await ann.page.getByRole("checkbox").count()).toBe(0);
    await rowOf(ann.page, "done.png").getByRole("button", { name: "More" }).click();
    const offered = await ann.page.locator(".menu:popover-open .button").allTextContents();
    expect(offered).toEqual(["Download"]);
    await expectAccessible(ann.page);
  });
});

describe("the name of a key", () => {
  test("is cut where the head has no room for it", async () => {
    const name = "Somebody in the department of cartography, third floor, on Tuesdays";
    const { url, keys } = await closedServer({ [name]: ["read"] });
    const { page } = await signedIn(url, keys[name]!.secret, { width: 390, height: 844 });
    await page.goto("/jobs");
    const button = page.getByRole("button", { name });
    const { x, width } = (await button.boundingBox())!;
    expect(x + width).toBeLessThanOrEqual(390);
    expect(await button.locator("span").evaluate((span) => span.getBoundingClientRect().right)).toBeLessThan(
      390,
    );
  });
});

describe("a key that may only send", () => {
  test("sends an image on the page, and is led nowhere that it would be refused", async () => {
    const { url, root, keys } = await closedServer({ scanner: ["submit"] });
    const { page } = await signedIn(url, keys.scanner.secret);
    await page.goto("/");
    const buffer = Buffer.from(await (await image()).arrayBuffer());
    const files = { name: "sent.png", mimeType: "image/png", buffer };
    await page.getByLabel("Images", { exact: true }).setInputFiles(files);
    await page.getByLabel("Add a step").fill("sepia");
    await page.getByRole("option", { name: /^Sepia/ }).click();
    await page.getByText("Result: 100 × 80 px").waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("What becomes of it can be seen with a key that may read.").waitFor();
    await page.getByText("Sent", { exact: true }).waitFor();
    await expectAccessible(page);
    expect(await page.getByRole("link", { name: "sent.png" }).count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe("/");
    const [job] = (await root.listJobs()).jobs;
    expect(job).toMatchObject({ owner: "scanner", pipeline: [{ op: "sepia" }] });
    await page.getByRole("button", { name: "scanner" }).click();
    await page.getByText("May send images.").waitFor();
  });
});
