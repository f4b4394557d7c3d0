import { describe, expect, test } from "bun:test";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import { type FleetBench, LEASE_MS, SILENCE, settled, withFleet } from "./fleet_bench.ts";
import { unowned } from "./harness.ts";
import { answer, asked } from "./job_states.ts";
import type { OwnWorker } from "./own_worker.ts";
import { sampleJob, TILES } from "./sample_job.ts";

const { source, submit, expectWhole } = sampleJob();

/** All of the job's tiles are with a worker that does not answer by itself, as first attempts. */
async function withSlowOne(use: (bench: FleetBench, slow: OwnWorker) => Promise<void>): Promise<void> {
  await withFleet({ packs: true }, async (bench) => {
    const slow = bench.join();
    await slow.beat({ threads: 6 });
    await settled();
    await submit(bench);
    await slow.came(TILES);
    await bench.pass(1000, [slow]);
    await use(bench, slow);
  });
}

describe("a tile that is late, when all is sent and a worker is idle", () => {
  test("is sent to that one; the first answer wins, and the other is ignored", async () => {
    await withSlowOne(async (bench, slow) => {
      const quick = bench.join();
      await quick.came(2);
      await settled();
      expect(quick.tasks.map(({ attempt }) => attempt)).toEqual([2, 2]);
      expect(bench.master.dispatched().sentAgain).toBe(2);
      const [first, second] = quick.tasks;
      await quick.answer(first!);
      await slow.answer(slow.tasks.find(({ tile }) => tile === second!.tile)!);
      await settled();
      expect(bench.master.dispatched().ignored).toBe(0);
      await slow.answer(slow.tasks.find(({ tile }) => tile === first!.tile)!);
      await quick.answer(second!);
      await settled();
      expect(bench.master.dispatched().ignored).toBe(2);
      for (const task of slow.tasks) await slow.answer(task);
      await expectWhole(bench);
    });
  });

  test("is tried no more often than any other, and the job does not fail by it", async () => {
    await withSlowOne(async (bench, slow) => {
      const idle = [
        bench.join(),
        bench.join(),
        bench.join(),
        bench.join(),
        bench.join(),
        bench.join(),
        bench.join(),
      ];
      await bench.pass(SILENCE.silentAfterMs * 5, [slow, ...idle]);
      const sent = new Map<number, number>();
      for (const { tile } of [slow, ...idle].flatMap(({ tasks }) => tasks))
        sent.set(tile, (sent.get(tile) ?? 0) + 1);
      expect([...sent.values()]).toEqual(Array.from({ length: TILES }, () => 2));
      expect(bench.master.dispatched().sent).toBe(2 * TILES);
      for (const task of slow.tasks) await slow.answer(task);
      await expectWhole(bench);
    });
  });

  test("is not decided by the first failure while another may still answer", async () => {
    await withSlowOne(async (bench, slow) => {
      const quick = bench.join();
      await quick.came(2);
      const { tile } = quick.tasks[0]!;
      await quick.publish(quick.failed(quick.tasks[0]!));
      await bench.pass(5000, [slow, quick]);
      // Nor is its last attempt made to be quicker: it is for the slow one's failure.
      expect(quick.tasks.filter((task) => task.tile === tile)).toHaveLength(1);
      const own = slow.tasks.find((task) => task.tile === tile)!;
      await slow.publish(slow.failed(own));
      await settled();
      const third = [...slow.tasks, ...quick.tasks].filter(
        (task) => task.tile === tile && task.attempt === ATTEMPTS_MAX,
      );
      expect(third).toHaveLength(1);
      for (const task of slow.tasks) await slow.answer(task);
      for (const task of quick.tasks) await quick.answer(task);
      await expectWhole(bench);
    });
  });

  test("is asked for anew when the quick one fails and the slow one is not heard of", async () => {
    await withSlowOne(async (bench) => {
      const quick = bench.join();
      await quick.came(2);
      // While the quick one has these two, nobody suspects them.
      await bench.pass(SILENCE.silentAfterMs, [quick]);
      const [first, second] = quick.tasks;
      await quick.publish(quick.failed(first!));
      await quick.publish({ ...quick.done(second!), protocol: 0 });
      await quick.beat({ phase: "left" });
      const others = bench.join(answer);
      await expectWhole(bench);
      for (const { tile } of [first!, second!])
        expect(others.tasks.find((task) => task.tile === tile)?.attempt).toBe(ATTEMPTS_MAX);
    });
  });

  test("comes back from one that it was not meant for at no cost: the attempt is made elsewhere", async () => {
    await withSlowOne(async (bench, slow) => {
      const leaving = bench.join();
      await leaving.came(2);
      const { tile } = leaving.tasks[0]!;
      await leaving.beat({ phase: "left" });
      const quick = bench.join();
      await settled();
      const again = quick.tasks.find((task) => task.tile === tile)!;
      expect(again.attempt).toBe(2);
      await quick.publish(quick.failed(again));
      const own = slow.tasks.find((task) => task.tile === tile)!;
      await slow.publish(slow.failed(own));
      await settled();
      // Two attempts were made; there is a third.
      expect(bench.master.job("it")?.state).toBe("running");
      for (const task of [...slow.tasks, ...quick.tasks])
        await (slow.tasks.includes(task) ? slow : quick).answer(task);
      await expectWhole(bench);
    });
  });

  test("goes to an idle worker though what is latest of all is with that one itself", async () => {
    await withFleet({ packs: true }, async (bench) => {
      const idle = bench.join((task, worker) => (task.job === "it" ? worker.answer(task) : undefined));
      const slow = bench.join();
      await slow.beat({ threads: 6, phase: "draining" });
      const stuck = "crop(x=0, y=0, width=64, height=64)";
      await bench.master.submit({ ...asked, id: "stuck", pipeline: stuck, source: unowned(source()) });
      await idle.came(1);
      await idle.beat({ phase: "draining" });
      await slow.beat({ threads: 6 });
      await settled();
      await submit(bench);
      await slow.came(TILES);
      await bench.pass(1500, []);
      expect(idle.tasks.length).toBe(1);
      await idle.beat();
      await idle.came(2);
      await bench.pass(SILENCE.lostAfterMs, [idle]);
      await expectWhole(bench);
    });
  });

  test("is sent nowhere else where the bus passes memory itself", async () => {
    await withFleet({}, async (bench) => {
      const slow = bench.join();
      await slow.beat({ threads: 6 });
      await settled();
      await submit(bench);
      await slow.came(TILES);
      await bench.pass(1000, [slow]);
      const idle = bench.join();
      await bench.pass(LEASE_MS / 2, [slow, idle]);
      expect(idle.tasks).toEqual([]);
      for (const task of slow.tasks) await slow.answer(task);
      await expectWhole(bench);
    });
  });
});
