import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible, Visits } from "./browser.ts";
import { clientOf, image, send, sendPaused } from "./jobs_room.ts";

const visits = new Visits();
afterEach(() => {
  // A picture may be asked for in the very moment in which its job goes.
  visits.forgive(/status of (404|410)/);
  visits.expectNoComplaints();
});
afterAll(() => visits.end());

const rowOf = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });
const chosenOf = (page: Page) =>
  page.getByRole("row", { selected: true }).locator(".name > a").allTextContents();
const statesOf = async (url: string) =>
  Object.fromEntries((await clientOf(url).listJobs()).jobs.map(({ source, state }) => [source.name, state]));

describe("many jobs", () => {
  test("are chosen in ranges, and what is asked of them says first how many it concerns", async () => {
    const { url } = visits.serve();
    await send(url, ["done 1", "done 2"]);
    await sendPaused(url, ["held 1", "held 2"]);
    const { page } = await visits.visit(url);
    await page.goto("/jobs");
    await page.getByRole("checkbox", { name: "Select held 2" }).click();
    await page.getByRole("checkbox", { name: "Select done 2" }).click({ modifiers: ["Shift"] });
    expect(await chosenOf(page)).toEqual(["held 2", "held 1", "done 2"]);
    await expectAccessible(page);
    await page.getByRole("toolbar").getByRole("button", { name: "Cancel" }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel jobs" });
    await dialog.getByText("It concerns 2 jobs").waitFor();
    await dialog.getByText("1 job has ended already.").waitFor();
    await expectAccessible(page);
    expect((await statesOf(url))["held 1"]).toBe("paused");
    await dialog.getByRole("button", { name: "Cancel 2 jobs" }).click();
    await page.getByText("2 jobs are cancelled.").waitFor();
    await rowOf(page, "held 1").getByText("Cancelled").waitFor();
    expect(await statesOf(url)).toEqual({
      ...{ "done 1": "done", "done 2": "done", "held 1": "cancelled", "held 2": "cancelled" },
    });
    expect(await chosenOf(page)).toEqual([]);
  });

  test("all that fit the filter, on other pages too, are deleted at once", async () => {
    const { url } = visits.serve();
    const [kept] = await send(url, ["kept"], { labels: { keep: "yes" } });
    await send(
      url,
      Array.from({ length: 55 }, (_, i) => `old ${i}`),
    );
    const { page } = await visits.visit(url, { scheme: "dark" });
    await page.goto("/jobs?text=old");
    await page.getByRole("checkbox", { name: "Select all on this page" }).click();
    await page.getByText("50 jobs selected").waitFor();
    await page.getByRole("button", { name: "Select all that fit the filter" }).click();
    await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete 55 jobs" }).click();
    await page.getByRole("heading", { name: "No job fits the filter" }).waitFor();
    expect((await clientOf(url).listJobs()).jobs.map(({ id }) => id)).toEqual([kept!.id]);
  });

  test("are gone through, chosen and opened by keys alone", async () => {
    const { url } = visits.serve();
    await send(url, ["red", "blue", "grey"]);
    const { page } = await visits.visit(url);
    await page.goto("/jobs");
    await rowOf(page, "grey").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Shift+X");
    expect(await chosenOf(page)).toEqual(["grey", "blue", "red"]);
    await page.keyboard.press("k");
    await page.keyboard.press("x");
    expect(await chosenOf(page)).toEqual(["grey", "red"]);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("Select the job").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "blue" }).waitFor();
    await page.goBack();
    await rowOf(page, "grey").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("gre");
    await rowOf(page, "red").waitFor({ state: "detached" });
  });

  test("one of them is paused, resumed and deleted from its own menu, on a phone too", async () => {
    const { url } = visits.serve();
    await sendPaused(url, ["held"]);
    const { page } = await visits.visit(url, { width: 390, height: 844 });
    await page.goto("/jobs");
    const menu = rowOf(page, "held").getByRole("button", { name: "More for held" });
    await menu.click();
    await expectAccessible(page);
    await rowOf(page, "held").getByRole("button", { name: "Resume" }).click();
    await rowOf(page, "held").getByText("Paused").waitFor({ state: "hidden" });
    await menu.click();
    await rowOf(page, "held").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete 1 job" }).click();
    await page.getByRole("heading", { name: "No jobs yet" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

describe("a batch", () => {
  test("of ten images is watched to its archive, and nothing is asked for meanwhile", async () => {
    const { url } = visits.serve();
    const client = clientOf(url);
    const { id } = await client.createBatch({ body: { name: "Ten scans", pipeline: "invert" } });
    const { page } = await visits.visit(url);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto("/batches");
    await page.getByRole("link", { name: "Ten scans" }).click();
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
    const body = await image();
    for (let i = 0; i < 10; i++) await client.addImages({ id, body, name: `scan ${i}.png` });
    await page.getByText("10 done").waitFor();
    await rowOf(page, "scan 9.png").getByText("Done").waitFor();
    expect(asked).not.toContain(`/v1/batches/${id}`);
    await expectAccessible(page);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download 10 results" }).click();
    expect((await download).suggestedFilename()).toBe(`${id}.zip`);
    await page.getByRole("link", { name: "Batches", exact: true }).first().click();
    await rowOf(page, "Ten scans").getByText("10 done").waitFor();
    await expectAccessible(page);
    await client.addImages({ id, body, name: "one more.png" });
    await rowOf(page, "Ten scans").getByText("11 done").waitFor();
    await client.createBatch({ body: { name: "Another" } });
    await rowOf(page, "Another").waitFor();
    await client.deleteBatch({ id });
    await rowOf(page, "Ten scans").waitFor({ state: "detached" });
  });

  test("that is at work is cancelled, and one that is not there is told so", async () => {
    const { url } = visits.serve();
    const client = clientOf(url);
    const { id } = await client.createBatch({ body: { name: "Slow", pipeline: "bilateral | bilateral" } });
    const { jobs } = await client.addImages({ id, body: await image(900, 900), name: "slow.png" });
    await client.pauseJob({ id: jobs[0]!.id });
    const { page } = await visits.visit(url);
    await page.goto(`/batches/${id}`);
    await page.getByText("1 paused").waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel 1 job" }).click();
    await page.getByText("1 cancelled").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete 1 job" }).click();
    await page.getByRole("heading", { name: "No batches yet" }).waitFor();
    await page.goto("/batches/nonsense");
    await page.getByRole("heading", { name: "There is no such batch" }).waitFor();
  });
});
