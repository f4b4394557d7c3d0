import { expect, test } from "bun:test";
import type { Stats } from "../../shared/api/stats.ts";
import { picture, spec, unowned, withBench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { expectProblem } from "./edge.ts";

test("P8: GET /v1/stats counts the caller's jobs, everyone's for an admin, and those who work", async () => {
  await withBench({}, async (bench) => {
    const { master } = bench;
    const app = edgeWithCallers(bench);
    const source = unowned(await picture(bench.folder, spec(64, 64)));
    const asked = { source, pipeline: [{ op: "invert" }] };
    const cancelled = await master.submit({ ...asked, owner: "ann" });
    master.cancel(cancelled.id);
    const paused = await master.submit({ ...asked, owner: "ann" });
    master.pause(paused.id);
    const worker = new OwnWorker(bench.bus, bench.buffers, (task) => worker.answer(task));
    const { id } = await master.submit({ ...asked, owner: "bea" });
    await master.wait(id);

    const stats = async (headers: Record<string, string>) =>
      (await (await app.request("/v1/stats", { headers })).json()) as Stats;
    const own = await stats(as("ann", "read"));
    expect(own.jobs).toMatchObject({ cancelled: 1, paused: 1, queued: 0, ingesting: 0, running: 0, done: 0 });
    expect(own.workers).toMatchObject({ live: 1, lost: 0 });
    expect(own.tiles.sent).toBe(1);
    expect((await stats(as("root", "admin"))).jobs).toMatchObject({ cancelled: 1, paused: 1, done: 1 });
    expect((await stats(as("cid", "read"))).jobs).toMatchObject({ cancelled: 0, paused: 0, done: 0 });
    await expectProblem(await app.request("/v1/stats", { headers: as("ann", "submit") }), "forbidden");
  });
});
