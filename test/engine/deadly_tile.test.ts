import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { type FleetBench, resultOf, SILENCE, settled, withFleet } from "./fleet_bench.ts";
import { picture, spec, unowned } from "./harness.ts";
import { answer, asked } from "./job_states.ts";
import type { OwnWorker } from "./own_worker.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-deadly-"));
const COLUMNS = 6;
let source = "";
let expected: Buffer;

beforeAll(async () => {
  source = await picture(folder, spec(64 * COLUMNS, 64 * 5, 1));
  expected = await withFleet({}, async (bench) => {
    bench.join(answer);
    await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
    return resultOf(bench, "it");
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Workers of which each dies for ever as soon as it has got a deadly tile; otherwise it answers one tile at a time. */
class Mortals {
  readonly dead: OwnWorker[] = [];
  readonly all: OwnWorker[] = [];
  /** What each of the dead had in hand. */
  readonly lastTasks: Task[][] = [];
  private readonly hands = new Map<OwnWorker, Task[]>();

  constructor(
    bench: FleetBench,
    count: number,
    private readonly isDeadly: (task: Task) => boolean,
  ) {
    for (let i = 0; i < count; i++) {
      const worker = bench.join((task, own) => this.take(task, own));
      this.hands.set(worker, []);
      this.all.push(worker);
    }
  }

  get alive(): OwnWorker[] {
    return this.all.filter((worker) => !this.dead.includes(worker));
  }

  inHand(worker: OwnWorker): readonly Task[] {
    return this.hands.get(worker)!;
  }

  /** Each of the living answers what it got first. */
  async work(): Promise<void> {
    for (const worker of this.alive) {
      const next = this.hands.get(worker)!.shift();
      if (next !== undefined) await worker.answer(next);
    }
    await settled();
  }

  private take(task: Task, worker: OwnWorker): void {
    this.hands.get(worker)!.push(task);
    if (this.dead.includes(worker) || !this.isDeadly(task)) return;
    this.dead.push(worker);
    this.lastTasks.push([...this.hands.get(worker)!]);
  }
}

const isIt = ({ job, tile }: Task): boolean => job === "it" && tile === 8;

/** Works until `ended`. Time passes while a job has tiles to do; what else a job does takes no time of the test's. */
async function live(bench: FleetBench, mortals: Mortals, ended: () => boolean, tileMs = 100): Promise<void> {
  for (let step = 0; step < 400 && !ended(); ) {
    await mortals.work();
    const states = new Set(bench.master.jobs().map(({ state }) => state));
    if (!states.has("running") || states.has("ingesting")) continue;
    await bench.pass(tileMs, mortals.alive);
    step++;
  }
  expect(ended()).toBe(true);
}

describe.each([false, true])("a tile that kills whoever computes it (pixels packed: %p)", (packs) => {
  test("kills as many as it has attempts; its job says so, and so does a dead letter", async () => {
    await withFleet({ packs }, async (bench) => {
      const mortals = new Mortals(bench, 6, isIt);
      await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
      const job = () => bench.master.job("it");
      await live(bench, mortals, () => job()?.ended_at !== undefined);
      expect(mortals.dead.length).toBe(ATTEMPTS_MAX);
      expect(job()?.error?.code).toBe("tile_lost");
      expect(job()?.error?.message).toContain(`Tile ${8 % COLUMNS},${Math.floor(8 / COLUMNS)} of stage 0`);
      expect(bench.bus.deadLetters.length).toBe(1);
      const [letter] = bench.bus.deadLetters;
      expect(letter).toMatchObject({
        job: "it",
        stage: 0,
        tile: 8,
        attempt: ATTEMPTS_MAX,
        code: "tile_lost",
      });
      expect([...letter!.workers].sort()).toEqual(mortals.dead.map(({ id }) => id).sort());
      // All but it are done, so nobody else was to blame.
      const others = mortals.all.flatMap(({ tasks }) => tasks).filter(({ tile }) => tile !== 8);
      expect(Math.max(...others.map(({ attempt }) => attempt))).toBeLessThan(ATTEMPTS_MAX);
    });
  });

  test("does not hold other jobs up while its workers are waited for", async () => {
    await withFleet({ packs }, async (bench) => {
      const mortals = new Mortals(bench, 4, isIt);
      await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
      await live(bench, mortals, () => mortals.dead.length === ATTEMPTS_MAX);
      await bench.master.submit({ ...asked, id: "next", source: unowned(source) });
      await live(bench, mortals, () => bench.master.job("next")?.state === "exporting");
      expect((await resultOf(bench, "next")).equals(expected)).toBe(true);
      expect(bench.master.job("it")?.ended_at).toBeUndefined();
      await bench.pass(SILENCE.lostAfterMs + 1000, mortals.alive);
      expect((await bench.master.wait("it")).error?.code).toBe("tile_lost");
    });
  });
});

// Where pixels are packed, others have what is late with the dead before anybody is silent.
describe("a tile that may have killed its worker", () => {
  test("nobody who has anything else meets it, nor what was with it", async () => {
    await withFleet({}, async (bench) => {
      const suspected = new Set<string>();
      const key = ({ job, tile }: Task) => `${job} ${tile}`;
      const mortals: Mortals = new Mortals(bench, 6, isIt);
      await bench.master.submit({ ...asked, id: "it", source: unowned(source) });
      await bench.master.submit({ ...asked, id: "other", source: unowned(source) });
      let seen = 0;
      const ended = () => {
        const [first] = mortals.dead;
        for (const task of first === undefined ? [] : mortals.inHand(first)) suspected.add(key(task));
        for (const worker of mortals.alive) {
          const hand = mortals.inHand(worker);
          if (!hand.some((task) => suspected.has(key(task)) && task.attempt > 1)) continue;
          seen++;
          expect(hand.length).toBe(1);
        }
        return (
          bench.master.job("it")?.ended_at !== undefined && bench.master.job("other")?.ended_at !== undefined
        );
      };
      // So slow that there is more to be sent when the first one is found to be silent.
      await live(bench, mortals, ended, 500);
      expect(seen).toBeGreaterThan(0);
      for (const hand of mortals.lastTasks.slice(1)) expect(hand.map(key)).toEqual(["it 8"]);
      expect((await resultOf(bench, "other")).equals(expected)).toBe(true);
    });
  });
});
