import { afterAll, afterEach, expect, test } from "bun:test";
import { Fleet } from "../fleet/fleet.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { expectAccessible, Visits } from "./browser.ts";

const visits = new Visits();
afterEach(() => visits.expectNoComplaints());
afterAll(() => visits.end());

describeOnKafka("the page of a fleet", ({ broker }) => {
  test("P8: a second worker joins, is drained and leaves, and the topics tell of their partitions", async () => {
    await Fleet.run(broker().address, async (fleet) => {
      const { client } = await fleet.master();
      await fleet.workers(1);
      const { page } = await visits.visit(client.url);
      await page.goto("/workers");
      const cards = page.getByRole("article");
      const in_ = (word: string) => cards.filter({ has: page.getByText(word, { exact: true }) });
      await in_("Live").waitFor();
      const [second] = await fleet.workers(1, { TESSERA_WORKER_NAME: "second" });
      await in_("Live").nth(1).waitFor();
      const tasks = page.getByRole("row").filter({ hasText: "tasks" });
      await tasks.getByRole("cell").getByText("6", { exact: true }).waitFor();
      await expectAccessible(page);

      const drained = cards.filter({ has: page.getByRole("heading", { name: "second" }) });
      await drained.getByRole("button", { name: "Drain" }).click();
      await drained.getByText("Draining", { exact: true }).waitFor();
      expect(await in_("Live").count()).toBe(1);
      expect(await second!.end("SIGTERM")).toBe(0);
      await in_("Left").waitFor();

      await page.getByRole("link", { name: "Overview" }).click();
      await page.getByText("tasks in Kafka").waitFor();
    });
  });
});
