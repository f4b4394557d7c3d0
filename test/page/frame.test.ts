import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { expectAccessible, Visits } from "./browser.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

describe("the page", () => {
  test("shows every place that its head leads to, and goes back", async () => {
    const { page } = await visits.visit(visits.serve().url);
    await page.goto("/");
    for (const name of ["Jobs", "Workers", "Overview", "New job"]) {
      await page.getByRole("navigation").getByRole("link", { name }).click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await expectAccessible(page);
    }
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/overview");
  });
});
