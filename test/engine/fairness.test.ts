import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "../../master/jobs/job.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { type FleetBench, settled, withFleet } from "./fleet_bench.ts";
import { picture, seen, spec, unowned } from "./harness.ts";
import { answer, asked } from "./job_states.ts";
import type { OwnWorker } from "./own_worker.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-fairness-"));
/** 256 tiles, and 12. */
let huge = "";
let small = "";

beforeAll(async () => {
  huge = await picture(folder, spec(1024, 1024, 1));
  small = await picture(folder, spec(256, 192, 1, 8, 2));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A job that is decoded, so that all of its tiles may be sent. */
async function begun(bench: FleetBench, id: string, source: string, priority = 5): Promise<void> {
  const running = seen(bench.master, (job) => job.id === id && job.state === "running");
  await bench.master.submit({ ...asked, id, source: unowned(source), priority });
  await running;
}

/** Answers one task after another, and says whose were the next `count` that came for it. */
async function served(worker: OwnWorker, answered: Set<Task>, count: number): Promise<string[]> {
  const from = worker.tasks.length;
  while (worker.tasks.length < from + count) {
    const next = worker.tasks.find((task) => !answered.has(task));
    if (next !== undefined) {
      answered.add(next);
      await worker.answer(next);
    }
    await settled();
  }
  return worker.tasks.slice(from, from + count).map(({ job }) => job);
}

const share = (jobs: readonly string[], of: string): number => jobs.filter((job) => job === of).length;

describe("P10: jobs under way", () => {
  test("of equal priority take turns, whichever came first", async () => {
    await withFleet({}, async (bench) => {
      const worker = bench.join();
      await begun(bench, "a", huge);
      const answered = new Set<Task>();
      await served(worker, answered, 60);
      await begun(bench, "b", huge);
      await served(worker, answered, 10);
      const turns = await served(worker, answered, 60);
      expect(turns.every((job, i) => i === 0 || job !== turns[i - 1])).toBe(true);
    });
  });

  test("share the workers by their priorities: one more is twice as many", async () => {
    await withFleet({}, async (bench) => {
      const worker = bench.join();
      await begun(bench, "low", huge, 4);
      await begun(bench, "middle", huge, 5);
      await begun(bench, "high", huge, 6);
      const answered = new Set<Task>();
      await served(worker, answered, 30);
      const turns = await served(worker, answered, 140);
      expect([share(turns, "low"), share(turns, "middle"), share(turns, "high")]).toEqual([20, 40, 80]);
    });
  });

  test("share anew when a priority is changed", async () => {
    await withFleet({}, async (bench) => {
      const worker = bench.join();
      await begun(bench, "a", huge, 3);
      await begun(bench, "b", huge, 3);
      const answered = new Set<Task>();
      await served(worker, answered, 20);
      expect(bench.master.setPriority("b", 5).priority).toBe(5);
      await served(worker, answered, 10);
      const turns = await served(worker, answered, 50);
      expect([share(turns, "a"), share(turns, "b")]).toEqual([10, 40]);
    });
  });

  test("that had nothing to give for a while save no turns up", async () => {
    await withFleet({}, async (bench) => {
      const holding = bench.join();
      await holding.beat({ threads: 6 });
      await begun(bench, "a", small);
      await holding.came(12);
      await holding.beat({ threads: 6, phase: "draining" });
      const worker = bench.join();
      await begun(bench, "b", huge);
      const answered = new Set<Task>();
      const alone = await served(worker, answered, 100);
      expect(share(alone, "a")).toBe(0);
      for (const task of holding.tasks) await holding.publish(holding.failed(task));
      await settled();
      const turns = await served(worker, answered, 10);
      expect(share(turns, "a")).toBeLessThanOrEqual(6);
      expect(share(turns, "b")).toBeLessThanOrEqual(6);
    });
  });

  test("and a small one behind a huge one ends soon, on as many workers as there are", async () => {
    await withFleet({ packs: true }, async (bench) => {
      const held: Task[] = [];
      const workers = [0, 1, 2].map(() => bench.join((task) => void held.push(task)));
      await begun(bench, "huge", huge);
      await settled();
      await begun(bench, "small", small);
      const before = held.filter(({ job }) => job === "huge").length;
      const done = (job: JobView | undefined) => job?.progress.tiles_done === job?.progress.tiles_total;
      while (!done(bench.master.job("small"))) {
        const task = held.shift();
        if (task !== undefined) await workers.find(({ id }) => id === task.worker)!.answer(task);
        await settled();
      }
      const all = workers.flatMap(({ tasks }) => tasks).filter(({ job }) => job === "huge");
      // What was out when it came, as many as it has, and full windows: 2 threads with 6 ahead each, and 2 at work.
      expect(all.length).toBeLessThanOrEqual(before + 12 + workers.length * 14);
    });
  });
});

describe("P10: jobs that wait", () => {
  test("begin by their priorities, equal ones in the order in which they came", async () => {
    await withFleet({}, async (bench) => {
      const { master } = bench;
      const ids = ["1", "2", "3", "4", "5", "low", "first", "raised", "second", "lowered", "third"];
      for (const id of ids) {
        const priority = id === "low" || id === "raised" ? 2 : id === "lowered" ? 8 : 5;
        await master.submit({ ...asked, id, source: unowned(small), priority });
      }
      expect(master.setPriority("raised", 7).priority).toBe(7);
      expect(master.setPriority("raised", 5).priority).toBe(5);
      master.setPriority("lowered", 3);
      const ends = new Map(ids.map((id) => [id, Promise.withResolvers<void>()]));
      const worker = bench.join((task, own) => ends.get(task.job)!.promise.then(() => own.answer(task)));
      await worker.beat({ threads: 64 });
      // One ends at a time, so one begins at a time.
      const order = ["1", "2", "3", "4", "5"];
      for (let at = 0; order.length < ids.length; at++) {
        const next = seen(master, ({ id, state }) => state === "ingesting" && !order.includes(id));
        ends.get(order[at]!)!.resolve();
        order.push((await next).id);
      }
      for (const { resolve } of ends.values()) resolve();
      expect(order.slice(5)).toEqual(["first", "raised", "second", "third", "lowered", "low"]);
    });
  });

  test("have no priority to change once they have ended, and none beyond its bounds", async () => {
    await withFleet({}, async (bench) => {
      const { master } = bench;
      bench.join(answer);
      await master.submit({ ...asked, id: "it", source: unowned(small), priority: 9 });
      expect((await master.wait("it")).priority).toBe(9);
      expect(() => master.setPriority("it", 1)).toThrow(expect.objectContaining({ code: "job_not_active" }));
      expect(() => master.setPriority("no", 1)).toThrow(expect.objectContaining({ code: "job_not_found" }));
      for (const wrong of [10, -1, 1.5, Number.NaN])
        await expect(
          master.submit({ ...asked, source: unowned(small), priority: wrong }),
        ).rejects.toMatchObject({ code: "request_invalid" });
    });
  });
});
