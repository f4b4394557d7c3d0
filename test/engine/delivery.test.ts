import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import { type Heartbeat, isPacked, PROTOCOL, type Task } from "../../shared/bus/messages.ts";
import { TesseraError } from "../../shared/errors.ts";
import { SAME_PROCESS } from "../../shared/ops/fingerprint.ts";
import { type FleetBench, SILENCE, settled, withFleet } from "./fleet_bench.ts";
import { seen, spec } from "./harness.ts";
import { answer, filesIn } from "./job_states.ts";
import type { OwnWorker } from "./own_worker.ts";
import { sampleJob, TILES } from "./sample_job.ts";

const WINDOW = 5;
const { submit, expectWhole } = sampleJob();

/** Answers what is its own, and sends everything else back. */
function conscientious(task: Task, worker: OwnWorker): Promise<void> {
  if (task.worker === worker.id) return worker.answer(task);
  return worker.publish(worker.failed(task, "not mine", "tile_misdelivered"));
}

describe.each([false, true])("a task that another worker gets (pixels packed: %p)", (packs) => {
  test("is sent again at no cost, and not there before its worker has said that the partition is its own", async () => {
    await withFleet({ packs }, async (bench) => {
      const right = bench.join(conscientious);
      const wrong = bench.join(conscientious);
      const lost = bench.join();
      await right.beat({ phase: "draining" });
      await wrong.beat({ phase: "draining" });
      // Its heartbeat is from before the partitions moved.
      await lost.beat({ partitions: right.partitions });
      await settled();
      await submit(bench);
      await right.came(WINDOW);
      await settled();
      expect(bench.master.dispatched()).toMatchObject({ returned: right.tasks.length, ignored: 0 });
      const before = right.tasks.length;
      await bench.pass(1500, []);
      expect(right.tasks.length).toBe(before);
      await lost.beat({ partitions: right.partitions });
      await right.came(before + 1);
      await lost.beat({ phase: "draining" });
      await wrong.beat();
      await expectWhole(bench);
      expect(new Set(wrong.tasks.map(({ attempt }) => attempt))).toEqual(new Set([1]));
      expect(lost.tasks).toEqual([]);
    });
  });

  test("goes on to its worker by another of its partitions", async () => {
    await withFleet({ packs }, async (bench) => {
      const other = bench.join(conscientious);
      const worker = bench.join(conscientious);
      await other.beat({ phase: "draining" });
      await worker.beat({ partitions: [...other.partitions, ...worker.partitions] });
      await settled();
      await submit(bench);
      await expectWhole(bench);
      expect(other.tasks.length).toBeGreaterThan(0);
      expect(other.tasks.length).toBeLessThan(TILES);
      expect(new Set(worker.tasks.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    });
  });

  test("or that its own worker sends back since it is about to leave, is made by another at no cost", async () => {
    await withFleet({ packs }, async (bench) => {
      const leaving = bench.join();
      await settled();
      await submit(bench);
      await leaving.came(WINDOW);
      const other = bench.join(conscientious);
      await leaving.beat({ phase: "draining" });
      for (const task of leaving.tasks)
        await leaving.publish(leaving.failed(task, "leaving", "tile_misdelivered"));
      await expectWhole(bench);
      expect(new Set(other.tasks.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    });
  });
});

test("a worker that sends back what is its own gets nothing before it is heard of again", async () => {
  await withFleet({}, async (bench) => {
    // Sent back when all are there: what comes after the first one would wait for the next beat.
    const sendBack = async (tasks: readonly Task[]) => {
      for (const task of tasks) await contrary.publish(contrary.failed(task, "no", "tile_misdelivered"));
    };
    const contrary = bench.join();
    await settled();
    await submit(bench);
    await sendBack([...(await contrary.came(WINDOW))]);
    await bench.pass(1000, []);
    expect(contrary.tasks.length).toBe(WINDOW);
    await contrary.beat();
    await contrary.came(2 * WINDOW);
    expect(contrary.tasks.every(({ attempt }) => attempt === 1)).toBe(true);
    await sendBack(contrary.tasks.slice(WINDOW));
    await contrary.beat({ phase: "left" });
    bench.join(answer);
    await expectWhole(bench);
  });
});

// Where pixels are packed, such tiles are late and with others long before.
test.each([
  ["silent", SILENCE.silentAfterMs + 1000],
  ["lost", SILENCE.lostAfterMs + 1000],
])("a tile whose worker is %s runs alone, after it was sent back too", async (_, gone) => {
  await withFleet({}, async (bench) => {
    const dead = bench.join();
    await settled();
    await submit(bench);
    await dead.came(WINDOW);
    await bench.pass(gone, []);
    const suspected = new Set(dead.tasks.map(({ tile }) => tile));
    const hands = [0, 1].map(() => {
      const hand: Task[] = [];
      return { hand, worker: bench.join((task) => void hand.push(task)) };
    });
    let returned = 0;
    const hasTiles = () => ["ingesting", "running"].includes(bench.master.job("it")!.state);
    while (hasTiles()) {
      await settled();
      for (const { hand, worker } of hands) {
        const alone = hand.filter(({ tile }) => suspected.has(tile));
        if (alone.length > 0) expect(hand).toHaveLength(1);
        const task = hand.shift();
        if (task === undefined) continue;
        expect(task.attempt).toBe(alone.length > 0 ? 2 : 1);
        if (alone.length === 0 || returned++ >= 2) await worker.answer(task);
        else await worker.publish(worker.failed(task, "not mine", "tile_misdelivered"));
        await worker.beat();
      }
    }
    expect(returned).toBe(WINDOW + 2);
    await expectWhole(bench);
  });
});

describe("P1: a worker that would give other pixels", () => {
  const differing: Record<string, Partial<Heartbeat>> = {
    "by its fingerprint": { fingerprint: "another", ops: { invert: "1", blur: "2" } },
    "by its protocol": { protocol: PROTOCOL + 1, ops: {} },
  };

  test.each(Object.entries(differing))(
    "%s, is shown with what differs and gets no tile",
    async (_, changes) => {
      await withFleet({ packs: true }, async (bench) => {
        const other = bench.join();
        await other.beat(changes);
        await settled();
        await submit(bench);
        await bench.pass(1000, []);
        await other.beat(changes);
        await bench.pass(1000, []);
        expect(other.tasks).toEqual([]);
        expect(bench.master.workers()).toMatchObject(
          [
            {
              id: other.id,
              state: "incompatible",
              protocol: PROTOCOL,
              fingerprint: SAME_PROCESS.hash,
              ...changes,
              ops: undefined,
              differs: Object.keys(changes.ops!).sort(),
            },
          ].map(({ ops: _, ...rest }) => rest),
        );
        const right = bench.join(answer);
        await expectWhole(bench);
        expect(right.tasks.length).toBe(TILES);
        expect(other.tasks).toEqual([]);
      });
    },
  );
});

describe("P4: a bus that does not take a task", () => {
  test("costs no attempt: it is said, and tried again after a while", async () => {
    await withFleet({ packs: true }, async (bench) => {
      bench.bus.fault = (topic) =>
        topic === "tasks" ? new TesseraError("bus_unreachable", "Gone.") : undefined;
      const worker = bench.join(answer);
      await settled();
      await submit(bench);
      await seen(bench.master, ({ state }) => state === "running");
      await settled();
      expect(bench.troubles.map(({ code }) => code)).toContain("bus_unreachable");
      const tried = bench.troubles.length;
      await bench.pass(900, [worker]);
      expect(bench.troubles.length).toBe(tried);
      for (let i = 0; i < 2 * ATTEMPTS_MAX; i++) await bench.pass(1100, [worker]);
      expect(bench.troubles.length).toBeGreaterThanOrEqual(tried + 2 * ATTEMPTS_MAX);
      expect(worker.tasks).toEqual([]);
      bench.bus.fault = () => undefined;
      await bench.pass(1100, [worker]);
      await expectWhole(bench);
      expect(new Set(worker.tasks.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    });
  });

  test("since it is too large fails the job with that code, and frees its disk", async () => {
    await withFleet({ packs: true }, async (bench) => {
      bench.bus.fault = (topic, message) =>
        topic === "tasks" && (message as Task).tile === 7
          ? new TesseraError("bus_message_too_large", "More than 4 MiB.")
          : undefined;
      bench.join(answer);
      await submit(bench);
      const { state, error } = await bench.master.wait("it");
      expect([state, error?.code]).toEqual(["failed", "bus_message_too_large"]);
      expect(error?.message).toContain("Tile 3,1 of stage 0");
      expect(error?.message).toContain("More than 4 MiB.");
      expect(filesIn(join(bench.dir, "jobs"))).toEqual([]);
    });
  });

  test("but takes it after all: the answer of a task that was given up is not waited for", async () => {
    await withFleet({ packs: true }, async (bench) => {
      const given: Task[] = [];
      bench.bus.fault = (topic, message) => {
        if (topic !== "tasks" || given.length > 0) return undefined;
        given.push(message as Task);
        return new TesseraError("bus_send_failed");
      };
      const worker = bench.join(answer);
      await submit(bench);
      await settled();
      while (given.length === 0) await settled();
      await worker.answer(given[0]!);
      await settled();
      expect(bench.master.dispatched().ignored).toBe(1);
      await bench.pass(1100, [worker]);
      await expectWhole(bench);
    });
  });
});

describe("a payload that is damaged", () => {
  /** Not what was packed, in a way that only shows when it is unpacked. */
  const damaged = (task: Task, worker: OwnWorker) => {
    const right = worker.done(task);
    if (right.pixels === undefined || !isPacked(right.pixels)) throw new Error("not packed");
    const payload = right.pixels.payload.slice();
    payload.fill(0xff, payload.length >> 1);
    return { ...right, pixels: { ...right.pixels, payload: payload.subarray(0, payload.length - 9) } };
  };

  test("costs an attempt and no pixel", async () => {
    await withFleet({ packs: true }, async (bench) => {
      const worker = bench.join((task, own) =>
        task.attempt < ATTEMPTS_MAX ? own.publish(damaged(task, own)) : own.answer(task),
      );
      await submit(bench);
      await expectWhole(bench);
      expect(worker.tasks.length).toBe(ATTEMPTS_MAX * TILES);
    });
  });

  test("each time is the tile's end, and the job and a dead letter say why", async () => {
    await withFleet({ packs: true }, async (bench) => {
      bench.join((task, own) => (task.tile === 5 ? own.publish(damaged(task, own)) : own.answer(task)));
      await submit(bench);
      const { error } = await bench.master.wait("it");
      expect(error?.code).toBe("tile_failed");
      expect(error?.message).toContain("damaged");
      expect(bench.bus.deadLetters).toMatchObject([{ tile: 5, attempt: ATTEMPTS_MAX, code: "tile_failed" }]);
      expect(bench.bus.deadLetters[0]!.workers).toHaveLength(ATTEMPTS_MAX);
    });
  });
});

describe("an answer that is still being unpacked", () => {
  // Large enough to be unpacked by a thread, so that other things happen meanwhile.
  const { submit, expectWhole } = sampleJob({ tileSize: 256, pipeline: "invert" }, spec(512, 512, 3));

  const cut = (task: Task, worker: OwnWorker) => {
    const right = worker.done(task);
    if (right.pixels === undefined || !isPacked(right.pixels)) throw new Error("not packed");
    return { ...right, pixels: { ...right.pixels, payload: right.pixels.payload.subarray(0, 1000) } };
  };

  /** A worker has all four tiles of a job; what it answers is being unpacked while `meanwhile` happens. */
  async function whileLanding(
    landing: (task: Task, worker: OwnWorker) => ReturnType<OwnWorker["done"]>,
    meanwhile: (bench: FleetBench, worker: OwnWorker, tasks: readonly Task[]) => Promise<void> | void,
    attempts: number[],
  ): Promise<void> {
    await withFleet({ packs: true }, async (bench) => {
      const worker = bench.join();
      await submit(bench);
      const tasks = [...(await worker.came(4))];
      const results = tasks.map((task) => landing(task, worker));
      for (const result of results) void worker.publish(result);
      await meanwhile(bench, worker, tasks);
      const others = bench.join(answer);
      await expectWhole(bench);
      expect(others.tasks.map(({ attempt }) => attempt)).toEqual(attempts);
    });
  }

  const right = (task: Task, worker: OwnWorker) => worker.done(task);
  const leaves = (_: FleetBench, worker: OwnWorker) => worker.beat({ phase: "left" });
  const expires = ({ clock }: FleetBench) => clock.pass(70_000);

  test("counts though its worker leaves", () => whileLanding(right, leaves, []));
  test("counts though its lease ends", () => whileLanding(right, expires, []));
  test("and proves damaged when its worker has left, is asked for again", () =>
    whileLanding(cut, leaves, [2, 2, 2, 2]));
  test("and proves damaged when its lease has ended, is asked for again", () =>
    whileLanding(cut, expires, [2, 2, 2, 2]));

  test("counts once, when another copy's answer is quicker to unpack or comes while it is", async () => {
    await withFleet({ packs: true }, async (bench) => {
      const slow = bench.join();
      await submit(bench);
      await slow.came(4);
      await bench.pass(1000, [slow]);
      const quick = bench.join();
      await quick.came(2);
      for (const task of quick.tasks) void quick.publish(cut(task, quick));
      for (const task of slow.tasks) void slow.answer(task);
      await expectWhole(bench);
      expect(quick.tasks.length + slow.tasks.length).toBe(6);
      expect(bench.troubles).toEqual([]);
    });
  });

  test("changes nothing any more when the job is cancelled", async () => {
    await withFleet({ packs: true }, async (bench) => {
      const worker = bench.join();
      await submit(bench);
      for (const task of [...(await worker.came(4))]) void worker.answer(task);
      bench.master.cancel("it");
      await submit(bench, "next");
      bench.join(answer);
      for (const task of [...(await worker.came(5))].slice(4)) await worker.answer(task);
      await worker.beat({ phase: "left" });
      await expectWhole(bench, "next");
    });
  });
});
