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

  test("says of an address that nothing is at it, and leads on; programs are told as ever", async () => {
    const { url } = visits.serve();
    const { page } = await visits.visit(url, { scheme: "dark" });
    expect((await page.goto("/nowhere/at/all"))?.status()).toBe(404);
    await page.getByRole("heading", { level: 1, name: "There is nothing here" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "New job" }).last().click();
    await page.getByRole("heading", { level: 1, name: "New job" }).waitFor();
    expect(await (await fetch(`${url}/nowhere`)).json()).toMatchObject({ code: "route_not_found" });
    visits.expectComplaints(/404/);
  });

  test("has room for everything on a phone: places under the thumb, the rest behind one button", async () => {
    const { page } = await visits.visit(visits.serve().url, { width: 390, height: 844, still: false });
    await page.goto("/workers");
    for (const name of ["Jobs", "Workers", "Overview", "New job"]) {
      const link = page.getByRole("navigation", { name: "Views" }).getByRole("link", { name });
      expect((await link.boundingBox())!.y).toBeGreaterThan(760);
      await link.click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    }
    await page.getByRole("button", { name: "This machine" }).click();
    await page.getByRole("button", { name: "Dark" }).click();
    await expectAccessible(page);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "New job" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  });
});
