import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { inFolder } from "../support/folder.ts";
import { TestClock } from "./clock.ts";
import { type FleetBench, resultOf, SILENCE, settled, withFleet } from "./fleet_bench.ts";
import { type Bench, openBench, picture, seen, spec, unowned } from "./harness.ts";
import { answer, filesIn, uploaded } from "./job_states.ts";
import { OwnWorker } from "./own_worker.ts";

const HOUR_MS = 3_600_000;
const KEPT = { failedKeptMs: HOUR_MS };
/** Two stages: figures that are counted twice show in the pixels just as wrong pixels do. */
const asked = { pipeline: "box_blur(radius=2) | contrast | sharpen", tileSize: 64 };
const folder = mkdtempSync(join(tmpdir(), "tessera-retry-"));
let source = "";
let expected: Buffer;

beforeAll(async () => {
  source = await picture(folder, spec(256, 192, 3));
  expected = await withFleet({}, async (bench) => {
    bench.join(answer);
    await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
    return resultOf(bench, "it");
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isIll = ({ stage, tile }: Task): boolean => stage === 1 && tile === 6;

/** A job "it" that fails by a tile of its second stage while the worker is ill. */
async function failed(bench: Bench, owned = true): Promise<{ worker: OwnWorker; heal(): void }> {
  let ill = true;
  const worker = new OwnWorker(bench.bus, bench.buffers, (task, own) =>
    ill && isIll(task) ? own.publish(own.failed(task)) : own.answer(task),
  );
  const from = owned ? uploaded(bench, source, "it") : unowned(source);
  await bench.master.submit({ ...asked, id: "it", source: from, priority: 7 });
  expect((await bench.master.wait("it")).error?.code).toBe("tile_failed");
  const heal = () => {
    ill = false;
  };
  return { worker, heal };
}

const refused = (bench: Bench, code: string) =>
  expect(() => bench.master.retry("it")).toThrow(expect.objectContaining({ code }));

const jobFiles = ({ dir }: Bench): string[] => filesIn(join(dir, "jobs"));

describe("a job that failed by a tile", () => {
  test("can be tried again: what was done stays done, and every tile has all its attempts", async () => {
    await withFleet({}, async (bench) => {
      const { worker, heal } = await failed(bench);
      const { tiles_done: tilesDone, tiles_total: tilesTotal } = bench.master.job("it")!.progress;
      expect(tilesDone).toBeGreaterThanOrEqual(12);
      const before = worker.tasks.length;
      heal();
      const queued = bench.master.retry("it");
      expect(queued).toMatchObject({
        priority: 7,
        progress: { tiles_done: tilesDone, tiles_total: tilesTotal },
      });
      expect(queued).not.toHaveProperty("error");
      expect(queued).not.toHaveProperty("ended_at");
      expect((await resultOf(bench, "it")).equals(expected)).toBe(true);
      const again = worker.tasks.slice(before);
      expect(again.length).toBe(tilesTotal - tilesDone);
      expect(new Set(again.map(({ attempt }) => attempt))).toEqual(new Set([1]));
      await bench.master.stop(); // the canvases go after the job is told to be done
      expect(filesIn(join(bench.dir, "jobs", "it"))).toEqual(["result.png"]);
      expect(filesIn(bench.master.uploadDir)).toEqual([]);
    });
  });

  test("can be tried again as soon as anybody is told that it failed, and as often as it fails", async () => {
    await withFleet({}, async (bench) => {
      let tries = 0;
      const done = Promise.withResolvers<void>();
      bench.master.onProgress(({ state }) => {
        if (state === "done") done.resolve();
        if (state === "failed" && ++tries < 4) bench.master.retry("it");
      });
      bench.join((task, own) =>
        tries < 3 && isIll(task) ? own.publish(own.failed(task)) : own.answer(task),
      );
      await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
      await done.promise;
      expect(tries).toBe(3);
      expect((await resultOf(bench, "it")).equals(expected)).toBe(true);
    });
  });

  test("since its workers were lost, can be tried again when there are others", async () => {
    await withFleet({}, async (bench) => {
      await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
      for (let deaths = 0; deaths < ATTEMPTS_MAX; deaths++) {
        let dead = false;
        bench.join((task, own) => {
          dead ||= task.tile === 3;
          return dead ? undefined : own.answer(task);
        });
        while (!dead) await settled();
        await bench.pass(SILENCE.silentAfterMs + 1000, []);
      }
      await bench.pass(SILENCE.lostAfterMs + 1000, []);
      expect((await bench.master.wait("it")).error?.code).toBe("tile_lost");
      bench.join(answer);
      bench.master.retry("it");
      expect((await resultOf(bench, "it")).equals(expected)).toBe(true);
    });
  });

  test.each([true, false])(
    "is kept for a while, and cannot be tried again then (source owned: %p)",
    async (owned) => {
      await withFleet({ limits: KEPT }, async (bench) => {
        const { worker, heal } = await failed(bench, owned);
        heal();
        await bench.pass(HOUR_MS / 2, []);
        expect(jobFiles(bench)).toEqual(["it"]);
        bench.clock.pass(HOUR_MS);
        await bench.master.tidied();
        expect(jobFiles(bench)).toEqual([]);
        expect(filesIn(bench.master.uploadDir)).toEqual([]);
        refused(bench, "job_not_failed");
        expect(bench.master.job("it")).toMatchObject({ state: "failed", error: { code: "tile_failed" } });
        // Its name may not be taken for another's files either.
        await worker.beat();
        await bench.master.submit({ ...asked, id: "next", source: unowned(source) });
        expect((await resultOf(bench, "next")).equals(expected)).toBe(true);
      });
    },
  );

  test("is kept anew from when it fails again", async () => {
    await withFleet({ limits: KEPT }, async (bench) => {
      await failed(bench);
      bench.clock.pass(0.9 * HOUR_MS);
      await bench.pass(1000, []);
      const again = new OwnWorker(bench.bus, bench.buffers, (task, own) =>
        isIll(task) ? own.publish(own.failed(task)) : own.answer(task),
      );
      const ended = seen(bench.master, ({ state }) => state === "failed");
      bench.master.retry("it");
      await again.came(1);
      await ended;
      bench.clock.pass(0.9 * HOUR_MS);
      expect(jobFiles(bench)).toEqual(["it"]);
      bench.clock.pass(0.3 * HOUR_MS);
      await bench.master.tidied();
      expect(jobFiles(bench)).toEqual([]);
    });
  });

  test("is kept over a restart, where what belongs to nobody goes; and not when its time is over", async () => {
    await inFolder(async (dir) => {
      const clock = new TestClock();
      const before = openBench(dir, { clock, limits: KEPT });
      await failed(before);
      await before.master.stop();
      copyFileSync(source, join(before.master.uploadDir, "orphan"));
      mkdirSync(join(before.dir, "jobs", "nobody's"));
      const after = openBench(dir, { clock, limits: KEPT });
      expect(jobFiles(after)).toEqual(["it"]);
      expect(filesIn(after.master.uploadDir)).toEqual(["it"]);
      new OwnWorker(after.bus, after.buffers, answer);
      after.master.retry("it");
      expect((await resultOf(after, "it")).equals(expected)).toBe(true);
      await after.master.stop();

      await inFolder(async (other) => {
        const first = openBench(other, { clock, limits: KEPT });
        await failed(first);
        await first.master.stop();
        clock.pass(2 * HOUR_MS);
        const late = openBench(other, { clock, limits: KEPT });
        await late.master.tidied();
        expect([...jobFiles(late), ...filesIn(late.master.uploadDir)]).toEqual([]);
        refused(late, "job_not_failed");
        await late.master.stop();
      });
    });
  });
});

describe("a job that is not to be tried again", () => {
  test("since its image is damaged frees its disk at once", async () => {
    await withFleet({}, async (bench) => {
      bench.join(answer);
      const owned = uploaded(bench, source, "it");
      const bytes = readFileSync(owned.path);
      writeFileSync(owned.path, bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 1000));
      await bench.master.submit({ ...asked, id: "it", source: owned });
      const { state, error } = await bench.master.wait("it");
      expect([state, error?.code.startsWith("image_")]).toEqual(["failed", true]);
      expect([...jobFiles(bench), ...filesIn(bench.master.uploadDir)]).toEqual([]);
      refused(bench, "job_not_failed");
    });
  });

  test("since it has not failed is refused, and stays what it is", async () => {
    await withFleet({}, async (bench: FleetBench) => {
      refused(bench, "job_not_found");
      const worker = bench.join();
      await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
      await worker.came(1);
      refused(bench, "job_not_failed");
      for (const task of [...worker.tasks]) await worker.answer(task);
      bench.join(answer);
      await worker.beat({ phase: "left" });
      expect((await resultOf(bench, "it")).equals(expected)).toBe(true);
      refused(bench, "job_not_failed");
      expect(bench.master.job("it")?.state).toBe("done");
    });
  });

  test("since somebody has taken its source away is refused", async () => {
    await withFleet({}, async (bench) => {
      const { heal } = await failed(bench);
      heal();
      rmSync(join(bench.master.uploadDir, "it"));
      refused(bench, "job_not_failed");
      writeFileSync(join(bench.master.uploadDir, "it"), "");
      bench.master.retry("it");
      const { error } = await bench.master.wait("it");
      expect(error?.code.startsWith("image_")).toBe(true);
    });
  });
});
