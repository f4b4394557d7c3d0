import { afterAll, afterEach, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible, Visits } from "./browser.ts";
import { clientOf, send } from "./jobs_room.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

const numbered = (count: number, name = "picture"): string[] =>
  Array.from({ length: count }, (_, i) => `${name} ${i}.png`);

const rowOf = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });
const namesOn = async (page: Page): Promise<string[]> => page.locator("tbody .name > a").allTextContents();
const searchOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

describe("jobs", () => {
  test("of which there are none say what to do", async () => {
    const { page } = await visits.visit(visits.serve().url, { scheme: "dark" });
    await page.goto("/jobs");
    await page.getByRole("heading", { name: "No jobs yet" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("main").getByRole("link", { name: "New job" }).click();
    await page.getByRole("heading", { level: 1, name: "New job" }).waitFor();
  });

  test("are filtered by what stands in the address, which a reload and the back button keep", async () => {
    const { url } = visits.serve();
    await send(url, ["red.png", "green.png"], { labels: { project: "alpha" } });
    await send(url, ["blue.png"]);
    const { page } = await visits.visit(url);
    await page.goto("/jobs");
    await rowOf(page, "blue.png").waitFor();
    expect(await namesOn(page)).toEqual(["blue.png", "green.png", "red.png"]);
    await page.getByRole("searchbox", { name: "Search" }).fill("RE");
    await rowOf(page, "blue.png").waitFor({ state: "detached" });
    expect(await namesOn(page)).toEqual(["green.png", "red.png"]);
    await rowOf(page, "red.png").getByRole("link", { name: "project:alpha" }).click();
    await rowOf(page, "green.png").waitFor();
    await page.getByRole("button", { name: "Failed" }).click();
    await page.getByRole("heading", { name: "No job fits the filter" }).waitFor();
    expect(searchOf(page)).toEqual({ label: "project:alpha", state: "failed" });
    await page.reload();
    await page.getByRole("heading", { name: "No job fits the filter" }).waitFor();
    await expectAccessible(page);
    await page.goBack();
    await rowOf(page, "green.png").waitFor();
    expect(await namesOn(page)).toEqual(["green.png", "red.png"]);
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await rowOf(page, "blue.png").waitFor();
    expect(searchOf(page)).toEqual({});
    await page.getByRole("button", { name: "More", exact: true }).click();
    await expectAccessible(page);
    await page.getByLabel("Created before").fill("2020-01-01T00:00");
    await page.getByLabel("Label").fill("project:alpha");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByRole("heading", { name: "No job fits the filter" }).waitFor();
    await page.getByRole("button", { name: "Without before" }).click();
    await rowOf(page, "green.png").waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("button", { name: "Last hour" }).click();
    await page.waitForURL(/after=/);
    await rowOf(page, "green.png").waitFor();
    expect(await namesOn(page)).toEqual(["green.png", "red.png"]);
  });

  test("come in pages, whose place a reload and the back button keep", async () => {
    const { url } = visits.serve();
    const names = numbered(110).reverse();
    await send(url, names.toReversed());
    const { page } = await visits.visit(url);
    await page.goto("/jobs");
    await rowOf(page, names[0]!).waitFor();
    expect(await namesOn(page)).toEqual(names.slice(0, 50));
    await page.getByRole("button", { name: "Older" }).click();
    await rowOf(page, names[50]!).waitFor();
    await page.keyboard.press("n");
    await rowOf(page, names[109]!).waitFor();
    expect(await namesOn(page)).toEqual(names.slice(100));
    await page.reload();
    await rowOf(page, names[109]!).waitFor();
    await page.getByRole("button", { name: "Newer" }).click();
    await rowOf(page, names[50]!).waitFor();
    expect(await namesOn(page)).toEqual(names.slice(50, 100));
    await page.goBack();
    await rowOf(page, names[109]!).waitFor();
    await page.goForward();
    await rowOf(page, names[50]!).waitFor();
    await page.getByRole("button", { name: "Newer" }).click();
    await rowOf(page, names[0]!).waitFor();
    expect(searchOf(page)).toEqual({});
  });

  test("that come are shown by themselves, but move nothing under somebody's pointer or on a later page", async () => {
    const { url } = visits.serve();
    await send(url, numbered(60, "early"));
    const { page } = await visits.visit(url);
    await page.goto("/jobs");
    await rowOf(page, "early 59").waitFor();
    await send(url, ["first.png"]);
    await rowOf(page, "first.png").waitFor();
    await rowOf(page, "early 59").hover();
    await send(url, ["second.png", "third.png"]);
    const arrived = page.getByRole("button", { name: "2 new jobs" });
    await arrived.waitFor();
    expect((await namesOn(page))[0]).toBe("first.png");
    await arrived.click();
    await rowOf(page, "third.png").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await rowOf(page, "early 0.").waitFor();
    await send(url, ["fourth.png"]);
    await page.getByRole("button", { name: "1 new job" }).waitFor();
    expect((await namesOn(page)).at(-1)).toBe("early 0.png");
    await page.getByRole("button", { name: "1 new job" }).click();
    await rowOf(page, "fourth.png").waitFor();
    // What somebody else deletes stays in its place for the moment.
    await rowOf(page, "third.png").hover();
    const client = clientOf(url);
    const [newest] = (await client.listJobs({ limit: 1 })).jobs;
    await client.deleteJob({ id: newest!.id });
    await rowOf(page, "fourth.png").getByText("Deleted").waitFor();
  });
});
