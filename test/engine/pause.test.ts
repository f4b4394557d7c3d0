import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import { inFolder } from "../support/folder.ts";
import { type FleetBench, SILENCE, settled, withFleet } from "./fleet_bench.ts";
import { type Bench, openBench, seen, withBench } from "./harness.ts";
import { answer, asked, filesIn, uploaded } from "./job_states.ts";
import { OwnWorker } from "./own_worker.ts";
import { sampleJob, TILES } from "./sample_job.ts";

const WINDOW = 5;
const BAND = 4;
const { source, submit, expectWhole } = sampleJob();

/** Pauses a job that is under way; resolves when it has let go of everything. */
async function pause({ master }: Bench, id = "it"): Promise<void> {
  expect(master.pause(id).state).toBe("paused");
  await seen(master, (job) => job.id === id);
}

describe("a job that is paused", () => {
  test("is sent nowhere any more, and its place is another's", async () => {
    await withFleet({}, async (bench) => {
      const worker = bench.join();
      for (const id of ["it", "a", "b", "c", "waits"]) await submit(bench, id);
      await worker.came(WINDOW);
      const begins = seen(bench.master, ({ id, state }) => id === "waits" && state === "ingesting");
      await pause(bench);
      await begins;
      const before = worker.tasks.length;
      for (const task of [...worker.tasks]) await worker.answer(task);
      await worker.came(before + WINDOW);
      expect(worker.tasks.slice(before).filter(({ job }) => job === "it")).toEqual([]);
    });
  });

  test.each([false, true])(
    "goes on where it stood, and no attempt is used up (durable: %p)",
    async (durable) => {
      await withBench({ durable }, async (bench) => {
        let quota = 0;
        const worker = new OwnWorker(bench.bus, bench.buffers, (task, own) => {
          if (quota-- > 0) return own.answer(task);
        });
        await submit(bench);
        let done = 0;
        // At a band's last tile its pixels are still on their way to the disk.
        for (const answers of [0, 0, 0, 0, BAND, 0, 0, 0, BAND, 0, 0]) {
          quota = answers;
          const from = worker.tasks.length;
          if (answers > 0) await seen(bench.master, ({ progress }) => progress.tiles_done === done + answers);
          else await worker.came(from + 1);
          await pause(bench);
          done += answers;
          expect(bench.master.job("it")).toMatchObject({
            state: "paused",
            progress: { tiles_done: done, tiles_total: TILES },
          });
          quota = BAND;
          bench.master.resume("it");
        }
        const from = worker.tasks.length;
        quota = Number.POSITIVE_INFINITY;
        await expectWhole(bench);
        expect(worker.tasks.length - from).toBe(TILES - done);
        expect(new Set(worker.tasks.map(({ attempt }) => attempt))).toEqual(new Set([1]));
      });
    },
  );

  test("stays paused over a restart, with its priority", async () => {
    await inFolder(async (dir) => {
      const before = openBench(dir);
      const held = new OwnWorker(before.bus, before.buffers);
      await submit(before);
      await held.came(1);
      await pause(before);
      before.master.setPriority("it", 8);
      await before.master.stop();
      const after = openBench(dir);
      const worker = new OwnWorker(after.bus, after.buffers, answer);
      await submit(after, "other");
      await expectWhole(after, "other");
      expect(after.master.job("it")).toMatchObject({ state: "paused", priority: 8 });
      expect(worker.tasks.filter(({ job }) => job === "it")).toEqual([]);
      after.master.resume("it");
      await expectWhole(after);
      expect(after.master.job("it")?.priority).toBe(8);
      await after.master.stop();
    });
  });

  test("while it waits is passed over, and then takes its turn", async () => {
    await withBench({}, async (bench) => {
      const held = new OwnWorker(bench.bus, bench.buffers);
      for (const id of ["a", "b", "c", "d", "e", "it", "next"]) await submit(bench, id);
      expect(bench.master.pause("it").state).toBe("paused");
      const begins = seen(bench.master, ({ id, state }) => id === "next" && state === "ingesting");
      bench.master.cancel("a");
      await begins;
      await held.came(1);
      expect(bench.master.job("it")?.state).toBe("paused");
      expect(bench.master.resume("it").state).toBe("queued");
      bench.master.cancel("b");
      await seen(bench.master, ({ id, state }) => id === "it" && state === "ingesting");
    });
  });

  test("P9: frees its disk when it is cancelled", async () => {
    await withBench({}, async (bench) => {
      const worker = new OwnWorker(bench.bus, bench.buffers);
      await bench.master.submit({ ...asked, id: "it", source: uploaded(bench, source(), "it") });
      await worker.came(1);
      await pause(bench);
      expect(filesIn(join(bench.dir, "jobs"))).toEqual(["it"]);
      expect(bench.master.cancel("it").state).toBe("cancelled");
      expect((await bench.master.wait("it")).state).toBe("cancelled");
      expect(filesIn(join(bench.dir, "jobs"))).toEqual([]);
      expect(filesIn(bench.master.uploadDir)).toEqual([]);
      expect(() => bench.master.resume("it")).toThrow(expect.objectContaining({ code: "job_not_active" }));
    });
  });

  test("may be paused again, and one that runs may be resumed: that changes nothing", async () => {
    await withBench({}, async (bench) => {
      const worker = new OwnWorker(bench.bus, bench.buffers);
      await submit(bench);
      await worker.came(1);
      const { state } = bench.master.job("it")!;
      expect(bench.master.resume("it").state).toBe(state);
      await pause(bench);
      expect(bench.master.pause("it").state).toBe("paused");
      bench.master.resume("it");
      bench.master.resume("it");
      const other = new OwnWorker(bench.bus, bench.buffers, answer);
      for (const task of worker.tasks) await worker.answer(task);
      await worker.beat({ phase: "left" });
      await expectWhole(bench);
      expect(other.tasks.length).toBe(TILES);
      for (const move of ["pause", "resume"] as const) {
        expect(() => bench.master[move]("it")).toThrow(expect.objectContaining({ code: "job_not_active" }));
        expect(() => bench.master[move]("no")).toThrow(expect.objectContaining({ code: "job_not_found" }));
      }
    });
  });
});

describe("what is known of a tile that may kill its worker", () => {
  /** The job meets a new worker, which never says anything again once it has the deadly tile. */
  async function meet(bench: FleetBench, isDeadly: (tile: number) => boolean): Promise<OwnWorker> {
    let dead = false;
    const worker = bench.join((task, own) => {
      dead ||= isDeadly(task.tile);
      if (!dead) return own.answer(task);
    });
    while (!dead) await settled();
    await settled();
    return worker;
  }

  test("outlasts a pause: it kills no more, and what was with it is tried alone", async () => {
    await withFleet({}, async (bench) => {
      await submit(bench);
      for (let deaths = 1; deaths <= ATTEMPTS_MAX; deaths++) {
        expect(bench.master.job("it")?.ended_at).toBeUndefined();
        const dead = await meet(bench, (tile) => tile === 7);
        const last = dead.tasks.filter(({ tile }) => tile === 7);
        expect(last.map(({ attempt }) => attempt)).toEqual([deaths]);
        if (deaths > 1) expect(dead.tasks.at(-1)?.tile).toBe(7);
        await bench.pass(SILENCE.silentAfterMs + 1000, []);
        await pause(bench);
        bench.master.resume("it");
      }
      expect((await bench.master.wait("it")).error?.code).toBe("tile_lost");
    });
  });
});
