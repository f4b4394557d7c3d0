import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import type { JobView } from "../../master/jobs/job.ts";
import { PROTOCOL, type Result, type Task, type TileDone } from "../../shared/bus/messages.ts";
import type { Raster } from "../../shared/raster.ts";
import { inFolder } from "../support/folder.ts";
import { TestClock } from "./clock.ts";
import { type Bench, openBench, picture, seen, spec, unowned, withBench } from "./harness.ts";
import { OwnWorker } from "./own_worker.ts";

/** Two stages: figures that are counted twice show in the pixels just as wrong pixels do. */
const PIPELINE = "box_blur(radius=2) | contrast | sharpen";
const folder = mkdtempSync(join(tmpdir(), "tessera-failures-"));
let source = "";
let expected: Buffer;

const submit = ({ master }: Bench, id?: string) =>
  master.submit({
    source: unowned(source),
    pipeline: PIPELINE,
    tileSize: 64,
    ...(id !== undefined && { id }),
  });

/** Runs the job with a worker that serves by `serve`, to its end. */
function run(serve: (task: Task, worker: OwnWorker) => void | Promise<void>) {
  return withBench({}, async (bench) => {
    const worker = new OwnWorker(bench.bus, bench.buffers, serve);
    const views: JobView[] = [];
    bench.master.onProgress((view) => views.push(view));
    const { id } = await submit(bench);
    const job = await bench.master.wait(id);
    const bytes = job.state === "done" ? readFileSync(bench.master.resultPath(id)) : undefined;
    return { job, bytes, views, tasks: worker.tasks, left: existsSync(join(bench.dir, "jobs", id)) };
  });
}

const sameAsExpected = (bytes: Buffer | undefined): boolean => bytes?.equals(expected) ?? false;

beforeAll(async () => {
  source = await picture(folder, spec(150, 130, 4));
  const { bytes } = await run((task, worker) => worker.answer(task));
  expected = bytes!;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a tile that fails", () => {
  test("twice and then succeeds is done, with the same bytes", async () => {
    const { job, bytes, tasks } = await run((task, worker) =>
      task.attempt < ATTEMPTS_MAX && task.tile === 4
        ? worker.publish(worker.failed(task))
        : worker.answer(task),
    );
    expect(job.state).toBe("done");
    expect(sameAsExpected(bytes)).toBe(true);
    expect(
      tasks.filter(({ tile, stage }) => tile === 4 && stage === 0).map(({ attempt }) => attempt),
    ).toEqual([1, 2, 3]);
  });

  test("always is tried ATTEMPTS_MAX times; the job says which tile and why, and what was done is kept", async () => {
    const { job, tasks, left } = await run((task, worker) =>
      task.stage === 1 && task.tile === 5
        ? worker.publish(worker.failed(task, "the kernel said no"))
        : worker.answer(task),
    );
    expect(job.state).toBe("failed");
    expect(job.error?.code).toBe("tile_failed");
    expect(job.error?.message).toContain("Tile 2,1 of stage 1");
    expect(job.error?.message).toContain("the kernel said no");
    expect(tasks.filter(({ tile, stage }) => stage === 1 && tile === 5)).toHaveLength(ATTEMPTS_MAX);
    expect(left).toBe(true);
  });

  test("P8: retries are counted, and never as tiles that are done", async () => {
    const fail = new Set([0, 3, 7]);
    const { job, views } = await run((task, worker) => {
      if (!fail.has(task.tile) || task.attempt > 1 || task.stage > 0) return worker.answer(task);
      const { pixels: _, ...wrong } = worker.done(task);
      return worker.publish(task.tile === 3 ? wrong : worker.failed(task));
    });
    expect(job.state).toBe("done");
    const progress = views.filter(({ state }) => state === "running").map((view) => view.progress);
    expect(Math.max(...progress.map(({ tiles_retried: tilesRetried }) => tilesRetried))).toBe(3);
    expect(Math.max(...progress.map(({ tiles_done: tilesDone }) => tilesDone))).toBe(
      job.progress.tiles_total,
    );
  });
});

describe("P4: a result that nobody waits for changes nothing", () => {
  test("duplicated at once, and again after everything else", async () => {
    const sent: Result[] = [];
    const { bytes } = await run(async (task, worker) => {
      const result = worker.done(task);
      sent.push(result);
      for (const each of [result, result, ...sent]) await worker.publish(each);
    });
    expect(sameAsExpected(bytes)).toBe(true);
  });

  test("reordered: the last of the window first", async () => {
    const held: Task[] = [];
    const { bytes } = await run(async (task, worker) => {
      held.push(task);
      // A window is five tasks; the last few of a stage come one by one.
      setImmediate(() => {
        for (const each of held.splice(0).reverse()) void worker.answer(each);
      });
    });
    expect(sameAsExpected(bytes)).toBe(true);
  });

  const strangers: Record<string, (right: TileDone) => Result> = {
    "of an unknown job": (right) => ({ ...right, job: "another" }),
    "of another stage": (right) => ({ ...right, stage: 7 }),
    "of another tile": (right) => ({ ...right, tile: right.tile + 1 }),
    "of another attempt": (right) => ({ ...right, attempt: right.attempt + 1 }),
    "with a token that was not given out": (right) => ({ ...right, token: crypto.randomUUID() }),
    "that says failed, with a wrong token": ({ pixels: _, figures: __, ms: ___, ...right }) => ({
      ...right,
      ok: false,
      token: "x",
      code: "op_failed",
      message: "forged",
    }),
  };

  test.each(Object.entries(strangers))("%s", async (_, forge) => {
    const { job, bytes, tasks } = await run(async (task, worker) => {
      const right = worker.done(task);
      await worker.publish(forge(ruined(right)));
      await worker.publish(right);
    });
    expect(job.state).toBe("done");
    expect(sameAsExpected(bytes)).toBe(true);
    expect(tasks.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  test("late: after its lease, when the tile has been sent again", async () => {
    const clock = new TestClock();
    await withBench({ leaseMs: 1000, clock }, async (bench) => {
      const late: Task[] = [];
      new OwnWorker(bench.bus, bench.buffers, async (task, own) => {
        if (task.stage === 0 && task.tile === 2 && task.attempt === 1) {
          late.push(task);
          clock.pass(2000);
          return;
        }
        if (task.stage === 0 && task.tile === 2) await own.publish(ruined(own.done(late[0]!)));
        await own.answer(task);
        if (task.stage === 1) await own.publish(ruined(own.done(late[0]!)));
      });
      const { id } = await submit(bench);
      expect((await bench.master.wait(id)).state).toBe("done");
      expect(late).toHaveLength(1);
      expect(sameAsExpected(readFileSync(bench.master.resultPath(id)))).toBe(true);
    });
  });

  test("P8: meanwhile the job says how long nothing was heard of it", async () => {
    const clock = new TestClock();
    await withBench({ clock }, async (bench) => {
      const worker = new OwnWorker(bench.bus, bench.buffers);
      const { id } = await submit(bench);
      const [first] = await worker.came(1);
      const heard = () => bench.master.job(id)!.progress.heard_ms_ago;
      expect(heard()).toBe(0);
      clock.pass(400);
      expect(heard()).toBe(400);
      const retried = seen(bench.master, ({ progress }) => progress.tiles_retried === 1);
      await worker.publish(worker.failed(first!));
      await retried;
      expect(heard()).toBe(0);
    });
  });

  test("from before a restart", async () => {
    await inFolder(async (own) => {
      const before = openBench(own, { durable: true });
      const first = new OwnWorker(before.bus, before.buffers);
      const { id } = await submit(before);
      const [old] = await first.came(3);
      const stale = ruined(first.done(old!));
      await before.master.stop();
      await before.bus.close();
      const after = openBench(own, { durable: true });
      new OwnWorker(after.bus, after.buffers, async (task, worker) => {
        await worker.publish(stale);
        await worker.answer(task);
      });
      expect((await after.master.wait(id)).error).toBeUndefined();
      expect(sameAsExpected(readFileSync(after.master.resultPath(id)))).toBe(true);
      await after.master.stop();
    });
  });
});

describe("a result that is not what was asked for costs an attempt and no pixel", () => {
  const wrong: Record<string, (right: TileDone) => TileDone> = {
    "another protocol": (right) => ({ ...right, protocol: 99 }),
    "no pixels": ({ pixels: _, ...right }) => right,
    "another rectangle": (right) => ({
      ...right,
      pixels: { ...right.pixels!, rect: { ...right.pixels!.rect, x: right.pixels!.rect.x + 1 } },
    }),
    "another format": (right) => ({
      ...right,
      pixels: { ...right.pixels!, format: { channels: 3, depth: 8 } },
    }),
    "another depth": (right) => ({
      ...right,
      pixels: { ...right.pixels!, format: { channels: 4, depth: 16 } },
    }),
    "too few bytes": (right) => ({
      ...right,
      pixels: { ...rasterOf(right), data: rasterOf(right).data.subarray(0, 100) },
    }),
    "a stride that is too small": (right) => ({ ...right, pixels: { ...rasterOf(right), stride: 3 } }),
    "a stride that is no number": (right) => ({
      ...right,
      pixels: { ...rasterOf(right), stride: Number.NaN },
    }),
    "figures missing": ({ figures: _, ...right }) => right,
    "figures cut short": (right) => ({ ...right, figures: right.figures!.subarray(5) }),
  };

  test.each(Object.entries(wrong))("%s", async (_, change) => {
    const once = await run((task, worker) => {
      const right = worker.done(task);
      return worker.publish(task.stage === 0 && task.attempt === 1 ? change(ruined(right)) : right);
    });
    expect(once.job.state).toBe("done");
    expect(sameAsExpected(once.bytes)).toBe(true);
    expect(once.tasks.filter(({ attempt }) => attempt === 2)).toHaveLength(9);
  });

  test("each time is the tile's end, and the job says why", async () => {
    const { job, tasks } = await run((task, worker) =>
      worker.publish(task.tile === 0 ? { ...worker.done(task), protocol: PROTOCOL + 1 } : worker.done(task)),
    );
    expect(job.error?.code).toBe("tile_failed");
    expect(job.error?.message).toContain(`protocol ${PROTOCOL + 1}`);
    expect(tasks.filter(({ tile }) => tile === 0)).toHaveLength(ATTEMPTS_MAX);
  });
});

/** Pixels and figures that would show if they got in. */
function ruined(right: TileDone): TileDone {
  return {
    ...right,
    ...(right.pixels && {
      pixels: { ...rasterOf(right), data: new Uint8Array(rasterOf(right).data.length).fill(170) },
    }),
    ...(right.figures && { figures: right.figures.map((count) => count + 1000) }),
  };
}

const rasterOf = ({ pixels }: TileDone): Raster => pixels as Raster;
