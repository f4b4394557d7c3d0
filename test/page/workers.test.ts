import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { createClient } from "../../client/client.ts";
import { picture, spec } from "../engine/harness.ts";
import { expectAccessible, Visits } from "./browser.ts";
import { openHeld } from "./held_server.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

describe("the workers", () => {
  test("P8: each is a card with its state, and is drained and taken back at a button", async () => {
    const { url } = visits.serve();
    const { page } = await visits.visit(url);
    await page.goto("/workers");
    const card = page.getByRole("article");
    await card.getByText("Live").waitFor();
    for (const figure of ["In flight", "Partitions", "Tiles done", "Memory", "Last heard"])
      await card.getByText(figure).waitFor();
    await expectAccessible(page);
    await card.getByRole("button", { name: "Drain" }).click();
    await card.getByText("Draining").waitFor();
    expect((await createClient({ url }).listWorkers()).workers[0]?.state).toBe("draining");
    await card.getByRole("button", { name: "Give it tiles again" }).click();
    await card.getByText("Live").waitFor();
  });

  test("P8: a card stays where it is whatever becomes of its worker, and tells how long that has been silent", async () => {
    const server = openHeld(`${visits.folder}/two`);
    for (const name of ["one", "two"]) await server.join().beat({ name });
    try {
      const { page, context } = await visits.visit(server.url);
      await page.goto("/workers");
      const names = page.getByRole("article").getByRole("heading");
      await page.getByText("2 live").waitFor();
      await page.getByRole("article", { name: "two" }).getByRole("button", { name: "Drain" }).click();
      await page.getByText("1 live, 1 draining").waitFor();
      await page.getByText("can be stopped").waitFor();
      expect(await names.allTextContents()).toEqual(["one", "two"]);
      await page
        .getByRole("article", { name: "one" })
        .getByText(/^\d+s ago$/)
        .waitFor();
      await expectAccessible(page);
      await context.close();
    } finally {
      await server.stop();
    }
  });

  test("P8: there is nobody: the page says what to do", async () => {
    const server = openHeld(`${visits.folder}/nobody`);
    try {
      const { page, context } = await visits.visit(server.url, { scheme: "dark" });
      await page.goto("/workers");
      await page.getByText("bun run worker").waitFor();
      await page.getByText("No tile was given up on.").waitFor();
      await expectAccessible(page);
      await context.close();
    } finally {
      await server.stop();
    }
  });

  test("P8: a tile that was given up on is told with its reason, and its job is tried again", async () => {
    const server = openHeld(`${visits.folder}/failing`, { failedKeptMs: 3_600_000, sourceKeptMs: 3_600_000 });
    let fails = true;
    server.join((task, worker) => (fails ? worker.publish(worker.failed(task)) : worker.answer(task)));
    try {
      const client = createClient({ url: server.url });
      const image = Bun.file(await picture(visits.folder, spec(100, 80)));
      const { id } = await client.submit(image, { pipeline: "invert" });
      expect((await client.wait(id)).state).toBe("failed");
      const { page, context } = await visits.visit(server.url);
      await page.goto("/workers");
      await page.getByRole("link", { name: `Job ${id.slice(0, 8)}` }).waitFor();
      await expectAccessible(page);
      fails = false;
      await page.getByRole("button", { name: "Try all again" }).click();
      await page.getByText("1 job is tried again.").waitFor();
      await page.getByText("No tile was given up on.").waitFor();
      expect((await client.wait(id)).state).toBe("done");
      await context.close();
    } finally {
      await server.stop();
    }
  });
});
