import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible, Visits } from "./browser.ts";
import { clientOf, image, send } from "./jobs_room.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

/** Makes the first key on the page, which closes the server, and signs in with it. */
async function closeServer(page: Page): Promise<string> {
  await page.goto("/keys");
  await page.getByRole("heading", { name: "This server is open" }).waitFor();
  await page.getByRole("button", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Ann");
  await dialog.getByRole("button", { name: "Make the key and close the server" }).click();
  const secret = await dialog.getByRole("status", { name: "The key" }).textContent();
  await dialog.getByRole("button", { name: "Sign in with it" }).click();
  await page.getByRole("button", { name: "Ann", exact: true }).waitFor();
  return secret!;
}

const rowOf = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

describe("keys", () => {
  test("P7: the first one closes an open server, and whoever made it is signed in with it", async () => {
    const { url } = visits.serve();
    await send(url, ["before.png"]);
    const { page } = await visits.visit(url);
    await page.goto("/keys");
    await page.getByRole("heading", { name: "There are no keys yet" }).waitFor();
    await expectAccessible(page);
    const secret = await closeServer(page);
    expect(secret).toMatch(/^tsk_[0-9a-f]{16}_[\w-]{43}$/);
    await rowOf(page, "Ann").getByText("yours").waitFor();
    await expectAccessible(page);
    expect((await fetch(`${url}/v1/jobs`)).status).toBe(401);
    await page.getByRole("link", { name: "Jobs" }).click();
    await rowOf(page, "before.png").getByRole("cell", { name: "local" }).waitFor();
    expect((await clientOf(url, secret).getSession()).scopes).toEqual(["admin"]);
  });

  test("are made for others with what they may, shown once, and revoked", async () => {
    const { url } = visits.serve();
    const { page } = await visits.visit(url, { scheme: "dark" });
    const admin = await closeServer(page);
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").and(page.locator(":focus")).waitFor();
    await page.keyboard.type("Scanner");
    await dialog.getByLabel("Owner").fill("scans");
    await dialog.getByRole("checkbox", { name: "read" }).uncheck();
    await dialog.getByLabel("Expires").selectOption("in a month");
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Make the key" }).click();
    await dialog.getByRole("button", { name: "Copy the key" }).and(page.locator(":focus")).click();
    await dialog.getByRole("button", { name: "Copied" }).waitFor();
    await page.keyboard.press("Escape");
    const secret = await page.evaluate(() => navigator.clipboard.readText());
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "I have it" }).click();
    expect(await clientOf(url, secret).getSession()).toMatchObject({ owner: "scans", scopes: ["submit"] });
    expect(await page.getByText(secret).count()).toBe(0);
    await rowOf(page, "Scanner").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("1 key revoked or expired").click();
    await rowOf(page, "Scanner").getByText("Revoked").waitFor();
    const { keys } = await clientOf(url, admin).listKeys();
    expect(keys.map(({ name, revoked_at }) => [name, revoked_at !== undefined])).toEqual([
      ["Scanner", true],
      ["Ann", false],
    ]);
  });

  test("are copied, and images are sent with them, also where browsers trust a server less: without TLS", async () => {
    const { url } = visits.serve();
    const { secret } = await clientOf(url).createKey({ body: { name: "Ann", scopes: ["admin"] } });
    const { page } = await visits.visit(url.replace("127.0.0.1", "tessera.example"));
    await page.goto("/keys");
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await page.getByLabel("API key").fill(secret);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Make a key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Bob");
    await dialog.getByRole("button", { name: "Make the key" }).click();
    const made = await dialog.getByRole("status", { name: "The key" }).textContent();
    await dialog.getByRole("button", { name: "Copy the key" }).click();
    await dialog.getByRole("button", { name: "Copied" }).waitFor();
    await dialog.getByRole("button", { name: "I have it" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.keyboard.press("c");
    await dialog.getByLabel("Owner").focus();
    await page.keyboard.press("Control+V");
    expect(await dialog.getByLabel("Owner").inputValue()).toBe(made!);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "New job" }).click();
    const buffer = Buffer.from(await (await image()).arrayBuffer());
    await page
      .getByLabel("Images", { exact: true })
      .setInputFiles({ name: "sent.png", mimeType: "image/png", buffer });
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("heading", { level: 1, name: "sent.png" }).waitFor();
    // Without TLS that header is of no use; behind a proxy that speaks it, it is.
    visits.expectComplaints(/401|Cross-Origin-Opener-Policy/);
  });
});
