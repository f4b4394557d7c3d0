import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BufferPool } from "../../shared/buffers.ts";
import { MemoryBus } from "../../shared/bus/memory.ts";
import { PROTOCOL, type Result } from "../../shared/bus/messages.ts";
import { SAME_PROCESS } from "../../shared/ops/fingerprint.ts";
import { TileWorker } from "../../worker/worker.ts";
import { picture, pictureRaster, spec, unowned, withBench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";

test("P6: an op that failed is no success with unchanged pixels: there is no result", async () => {
  await withBench({}, async (bench) => {
    const source = unowned(await picture(bench.folder, spec(200, 100)));
    new OwnWorker(bench.bus, bench.buffers, (task, worker) =>
      task.tile === 1 ? worker.publish(worker.failed(task, "out of luck")) : worker.answer(task),
    );
    const { id } = await bench.master.submit({ source, pipeline: "blur", tileSize: 64 });
    const job = await bench.master.wait(id);
    expect([job.state, job.error?.code]).toEqual(["failed", "tile_failed"]);
    expect(() => bench.master.resultPath(id)).toThrow(expect.objectContaining({ code: "job_not_done" }));
    expect(readdirSync(join(bench.dir, "jobs", id)).filter((file) => file.startsWith("result"))).toEqual([]);
  });
});

test("P6: an unknown op is refused and never becomes another", async () => {
  await withBench({}, async ({ master, folder }) => {
    const source = unowned(await picture(folder, spec(200, 100)));
    for (const pipeline of ["greyscal", [{ op: "greyscal" }], ["blur", "__proto__"], ["toString"]]) {
      const thrown = await master.submit({ source, pipeline }).catch((e: unknown) => e);
      expect(thrown).toMatchObject({ code: "pipeline_invalid" });
    }
    expect(master.jobs()).toEqual([]);
  });
});

test("P5: a tile that never ends costs its thread and three attempts, not the worker", async () => {
  await withBench({}, async (bench) => {
    const { bus, buffers, master, folder } = bench;
    const thread = new URL("../engine/endless_thread.ts", import.meta.url);
    const own = { bus, buffers, threads: 1, fingerprint: SAME_PROCESS };
    const worker = new TileWorker({ ...own, thread, tileLimitMs: 300 });
    worker.start();
    const source = unowned(await picture(folder, spec(200, 100)));
    const { id } = await master.submit({ source, pipeline: "blur", tileSize: 64 });
    const { error } = await master.wait(id);
    expect(error).toMatchObject({ code: "tile_failed" });
    expect(error?.message).toContain("It took longer than 0.3 s.");
    await worker.stop();
  });
});

test("P6: a worker that cannot do a task says so, and does the next", async () => {
  const bus = new MemoryBus();
  const buffers = new BufferPool();
  const worker = new TileWorker({ bus, buffers, threads: 1, fingerprint: SAME_PROCESS });
  const results: Result[] = [];
  const { promise: three, resolve } = Promise.withResolvers<void>();
  bus.subscribe("results", 1, async (result) => {
    if (results.push(result) === 3) resolve();
  });
  worker.start();
  const window = pictureRaster(spec(32, 32, 1));
  const out = window.rect;
  const input = { width: 32, height: 32, channels: 1, depth: 8 } as const;
  const task = {
    protocol: PROTOCOL,
    master: "m",
    worker: worker.id,
    job: "j",
    stage: 0,
    attempt: 1,
    input,
    out,
    window,
    pixels: true,
    figures: false,
  };
  const wrong = [{ op: "no_such_op" }, { op: "equalize" }, { op: "invert" }];
  for (const [tile, step] of wrong.entries())
    await bus.publish("tasks", { ...task, tile, token: `t${tile}`, steps: [step] });
  await three;
  await worker.stop();
  await bus.close();
  const told = results
    .toSorted((a, b) => a.tile - b.tile)
    .map((result) => (result.ok ? "done" : result.code));
  expect(told).toEqual(["task_invalid", "task_invalid", "done"]);
});
