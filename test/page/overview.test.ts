import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { createClient } from "../../client/client.ts";
import { picture, spec } from "../engine/harness.ts";
import { expectAccessible, Visits } from "./browser.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

describe("the overview", () => {
  test("P8: tells live how the server is, and leads to the jobs of a state", async () => {
    const { url } = visits.serve();
    const { page } = await visits.visit(url);
    await page.goto("/overview");
    await page.getByText("All is well").waitFor();
    const done = page.getByRole("listitem").filter({ hasText: "Done" });
    await done.getByText("0").waitFor();
    const client = createClient({ url });
    const image = Bun.file(await picture(visits.folder, spec(300, 200)));
    const { id } = await client.submit(image, { pipeline: "invert" });
    await client.wait(id);
    // Nobody loads anything again.
    await done.getByText("1").waitFor();
    await page.getByText("The last hour").waitFor();
    await expectAccessible(page);
    await done.getByRole("link").click();
    await page.waitForURL("**/jobs?state=done");
  });

  test("P8: says that all is well only as long as the server says so", async () => {
    const { url, stop } = visits.serve();
    const { page, context } = await visits.visit(url);
    await page.goto("/overview");
    await page.getByText("All is well").waitFor();
    await stop();
    await page.getByText("these are the figures of before").waitFor();
    expect(await page.getByText("All is well").count()).toBe(0);
    // It would go on trying.
    await context.close();
    visits.forgive(/WebSocket|ERR_/);
  });

  test("P8: says what keeps jobs from being taken in, and what to do", async () => {
    const { url } = visits.serve({ limits: { freeBytesMin: Number.MAX_SAFE_INTEGER } });
    const { page } = await visits.visit(url, { scheme: "dark" });
    await page.goto("/overview");
    await page.getByRole("alert").getByText(/disk/i).waitFor();
    await page.getByText("full: no job is taken in").waitFor();
    await expectAccessible(page);
  });
});
