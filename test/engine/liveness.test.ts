import { describe, expect, test } from "bun:test";
import { type FleetBench, LEASE_MS, SILENCE, settled, stateOf, withFleet } from "./fleet_bench.ts";
import { answer } from "./job_states.ts";
import type { OwnWorker } from "./own_worker.ts";
import { sampleJob, TILES } from "./sample_job.ts";

/** Of a worker with two threads that no tile is known of: what it gets at first. */
const WINDOW = 5;
const { submit, expectWhole } = sampleJob();

const attemptsOf = ({ tasks }: OwnWorker): Set<number> => new Set(tasks.map(({ attempt }) => attempt));
const tilesOf = ({ tasks }: OwnWorker): number[] => tasks.map(({ tile }) => tile).sort((a, b) => a - b);

/** A job of which one worker has a window full that it does not answer, and another one has done the rest. */
async function withSilentOne(
  options: Parameters<typeof withFleet>[0],
  use: (bench: FleetBench, silent: OwnWorker, other: OwnWorker) => Promise<void>,
): Promise<void> {
  await withFleet(options, async (bench) => {
    const silent = bench.join();
    await settled();
    await submit(bench);
    await silent.came(WINDOW);
    const other = bench.join(answer);
    await other.came(TILES - WINDOW);
    await settled();
    await use(bench, silent, other);
  });
}

describe("P3: a worker that is not heard of", () => {
  test("is silent after a while, and its tiles go to another, one at a time", async () => {
    await withSilentOne({}, async (bench, silent, other) => {
      const before = other.tasks.length;
      await bench.pass(SILENCE.silentAfterMs, [other]);
      expect(stateOf(bench, silent)).toBe("live");
      await bench.pass(500, [other]);
      expect(stateOf(bench, silent)).toBe("silent");
      await expectWhole(bench);
      expect(tilesOf(other).length).toBe(TILES);
      expect(new Set(tilesOf(other)).size).toBe(TILES);
      expect(new Set(other.tasks.slice(before).map(({ attempt }) => attempt))).toEqual(new Set([2]));
    });
  });

  test("may still answer: that counts once, whether its tile waits or is out again", async () => {
    await withFleet({}, async (bench) => {
      const silent = bench.join();
      await settled();
      await submit(bench);
      await silent.came(WINDOW);
      const other = bench.join((task, own) => (task.attempt === 1 ? own.answer(task) : undefined));
      await other.came(TILES - WINDOW);
      await bench.pass(SILENCE.silentAfterMs + 500, [other]);
      // One is out again, the others wait until it is done.
      expect(other.tasks.length).toBe(TILES - WINDOW + 1);
      for (const task of silent.tasks.toReversed()) await silent.answer(task);
      await expectWhole(bench);
      expect(bench.master.dispatched().ignored).toBe(0);
      await other.answer(other.tasks.at(-1)!);
      await settled();
      expect(bench.master.dispatched().ignored).toBe(1);
      expect(other.tasks.length).toBe(TILES - WINDOW + 1);
    });
  });

  test("is live again as soon as it is heard of, and gets tiles", async () => {
    await withSilentOne({}, async (bench, silent, other) => {
      await bench.pass(SILENCE.silentAfterMs + 500, [other]);
      await expectWhole(bench);
      await silent.beat();
      await settled();
      expect(stateOf(bench, silent)).toBe("live");
      const before = silent.tasks.length;
      await submit(bench, "next");
      await silent.came(before + 1);
    });
  });

  test("is lost after a longer while, and forgotten in the end; what it says then is heard all the same", async () => {
    await withSilentOne({}, async (bench, silent, other) => {
      await bench.pass(SILENCE.lostAfterMs, [other]);
      expect(stateOf(bench, silent)).toBe("silent");
      await bench.pass(500, [other]);
      expect(stateOf(bench, silent)).toBe("lost");
      await silent.answer(silent.tasks[0]!);
      await bench.pass(600_000, [other]);
      expect(stateOf(bench, silent)).toBeUndefined();
      expect(stateOf(bench, other)).toBe("live");
      await silent.beat();
      await settled();
      expect(stateOf(bench, silent)).toBe("live");
    });
  });

  test("has its tiles tried again as often as any others, when another one fails at them", async () => {
    await withFleet({}, async (bench) => {
      const silent = bench.join();
      await settled();
      await submit(bench);
      await silent.came(WINDOW);
      const other = bench.join((task, own) =>
        task.attempt === 2 ? own.publish(own.failed(task)) : own.answer(task),
      );
      await bench.pass(SILENCE.lostAfterMs + 1000, [other]);
      await expectWhole(bench);
      expect(other.tasks.filter(({ attempt }) => attempt === 3)).toHaveLength(WINDOW);
    });
  });

  test("and is the only one: its tiles wait for the next that comes", async () => {
    await withFleet({}, async (bench) => {
      const silent = bench.join();
      await settled();
      await submit(bench);
      await silent.came(WINDOW);
      await bench.pass(SILENCE.lostAfterMs + 1000, []);
      expect(bench.master.job("it")?.ended_at).toBeUndefined();
      bench.join(answer);
      await expectWhole(bench);
    });
  });
});

describe("a worker that goes in good order", () => {
  test("gives its tiles back when it has left, at once and without costing an attempt", async () => {
    await withSilentOne({}, async (bench, leaving, other) => {
      await leaving.leave();
      await leaving.beat({ phase: "left" });
      await expectWhole(bench);
      expect(attemptsOf(other)).toEqual(new Set([1]));
      expect(tilesOf(other)).toEqual(Array.from({ length: TILES }, (_, tile) => tile));
      expect(stateOf(bench, leaving)).toBe("left");
      await leaving.beat(); // on its way when it left
      await settled();
      expect(stateOf(bench, leaving)).toBe("left");
    });
  });

  test("gets nothing more while it is draining; what it has it may still answer", async () => {
    await withFleet({}, async (bench) => {
      const draining = bench.join();
      await settled();
      await submit(bench);
      await draining.came(WINDOW);
      await draining.beat({ phase: "draining" });
      await settled();
      for (const task of draining.tasks.slice(0, 3)) await draining.answer(task);
      await settled();
      expect(draining.tasks.length).toBe(WINDOW);
      const other = bench.join(answer);
      await draining.beat({ phase: "draining" });
      await other.came(TILES - WINDOW);
      for (const task of draining.tasks.slice(3)) await draining.answer(task);
      await expectWhole(bench);
      expect(attemptsOf(other)).toEqual(new Set([1]));
      expect(draining.tasks.length).toBe(WINDOW);
    });
  });

  test("that falls silent while it is draining is like any other that does", async () => {
    await withSilentOne({}, async (bench, draining, other) => {
      await draining.beat({ phase: "draining" });
      await bench.pass(SILENCE.silentAfterMs + 1000, [other]);
      expect(stateOf(bench, draining)).toBe("silent");
      await expectWhole(bench);
    });
  });
});

describe("a master that stood still", () => {
  test("blames nobody: no worker is silent, no tile is late", async () => {
    await withSilentOne({ leaseMs: LEASE_MS }, async (bench, slow, other) => {
      const sent = bench.master.dispatched().sent;
      bench.clock.leap(10 * LEASE_MS);
      await settled();
      expect([stateOf(bench, slow), stateOf(bench, other)]).toEqual(["live", "live"]);
      await bench.pass(1000, [slow, other]);
      expect(bench.master.dispatched().sent).toBe(sent);
      for (const task of slow.tasks) await slow.answer(task);
      await expectWhole(bench);
      expect(attemptsOf(slow)).toEqual(new Set([1]));
    });
  });

  test("finds out as soon as ever who has died, also of whom it had heard first when it woke", async () => {
    await withSilentOne({}, async (bench, dead, other) => {
      bench.clock.leapUnseen(100_000);
      await Promise.all([dead.beat(), other.beat()]); // had been waiting to be read
      await settled();
      await bench.pass(SILENCE.silentAfterMs + 1000, [other]);
      expect(stateOf(bench, dead)).toBe("silent");
      await expectWhole(bench);
    });
  });

  test("that had its clock put back goes on as before", async () => {
    await withSilentOne({}, async (bench, dead, other) => {
      bench.clock.leap(-3_600_000);
      await bench.pass(SILENCE.silentAfterMs + 1000, [other]);
      expect([stateOf(bench, dead), stateOf(bench, other)]).toEqual(["silent", "live"]);
      await expectWhole(bench);
    });
  });
});
