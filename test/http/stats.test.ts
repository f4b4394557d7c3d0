import { expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import type { HistoryView, Stats } from "../../shared/api/stats.ts";
import { TestClock } from "../engine/clock.ts";
import { picture, spec, unowned, withBench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { edgeOf, expectProblem } from "./edge.ts";

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

test("P8: GET /v1/topics has none where all is one process, and tells nobody who may not read", async () => {
  await withBench({}, async (bench) => {
    const app = edgeWithCallers(bench);
    const topics = (scope: "read" | "submit") => app.request("/v1/topics", { headers: as("ann", scope) });
    expect(await (await topics("read")).json()).toEqual({ topics: [] });
    await expectProblem(await topics("submit"), "forbidden");
  });
});

test("P8: GET /v1/stats tells how the server is, and how its last hour went", async () => {
  const clock = new TestClock();
  await withBench({ clock, limits: { freeBytesMin: 12_345 } }, async (bench) => {
    const { master } = bench;
    const app = edgeOf(bench);
    const stats = async () =>
      (await (await app.request("/v1/stats")).json()) as Stats & { history: HistoryView };
    const none = await stats();
    expect(none).toMatchObject({ version: manifest.version, uptime_seconds: 0, queue: 0 });
    expect(none.tiles.ms).toEqual({ p50: null, p95: null });
    expect(none.history.at).toEqual([]);
    expect(none.disk).toEqual({ free_bytes: expect.any(Number), kept_free_bytes: 12_345 });
    expect(none.bus).toBeUndefined();
    expect(none.health).toEqual({ troubles: [], warnings: ["No worker is there: jobs wait."] });

    let tile = 0;
    const worker = new OwnWorker(bench.bus, bench.buffers, (task) => {
      worker.tileMs = 10 * ++tile;
      return tile === 1 ? worker.publish(worker.failed(task)) : worker.answer(task);
    });
    const source = unowned(await picture(bench.folder, spec(200, 200)));
    const { id } = await master.submit({ source, pipeline: [{ op: "invert" }], tileSize: 128 });
    const tiles = (await master.wait(id)).progress.tiles_total;
    clock.pass(10_000);
    const some = await stats();
    expect(some.uptime_seconds).toBe(10);
    expect(some.tiles).toMatchObject({ done: tiles, failed: 1, bytes: 200 * 200 * 3 });
    // 20, 30 … milliseconds, since the first one failed.
    const at = (share: number) => 10 + 10 * Math.ceil(share * tiles);
    expect(some.tiles.ms).toEqual({ p50: at(0.5), p95: at(0.95) });
    expect(some.history).toEqual({
      ...{ at: [new Date(clock.now()).toISOString()], jobs_running: [0], jobs_queued: [0] },
      ...{ tiles_per_second: [tiles / 10], bytes_per_second: [12_000], tiles_failed: [1] },
      ...{ tile_ms_p50: [at(0.5)], tile_ms_p95: [at(0.95)] },
    });

    clock.pass(2 * 3_600_000);
    const { history, tiles: later } = await stats();
    expect(Object.values(history).map((column) => column.length)).toEqual(Array(8).fill(360));
    expect([history.tile_ms_p50.at(-1), history.tiles_per_second.at(-1)]).toEqual([null, 0]);
    expect(later.ms).toEqual({ p50: null, p95: null });
  });
});
