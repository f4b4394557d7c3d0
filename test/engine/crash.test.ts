import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import { Database } from "../../master/store/database.ts";
import { JobStore } from "../../master/store/store.ts";
import { inFolder } from "../support/folder.ts";
import { inLong, openBench, picture, spec, turn, unowned } from "./harness.ts";
import { JOB, type ProcessJob } from "./job_process.ts";
import { OwnWorker } from "./own_worker.ts";
import { seeded } from "./random.ts";

const SEEDS = inLong(8, 50);
const folder = mkdtempSync(join(tmpdir(), "tessera-crash-"));

interface Ended {
  readonly state: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly path?: string;
}

interface Life {
  readonly lines: readonly string[];
  readonly signal: unknown;
  /** What it said of the job's end; nothing if it did not live to see it. */
  readonly ended?: Ended;
}

interface Kill {
  /** After so many lines, or once it is in this state. */
  readonly at: number | string;
  readonly afterMs: number;
}

const isDue = ({ at }: Kill, text: string): boolean =>
  typeof at === "number" ? text.split("\n").length - 1 > at : text.includes(` ${at} `);

/** One life of the process, up to its kill if it gets so far. */
async function live(job: ProcessJob, kill?: Kill): Promise<Life> {
  const script = join(import.meta.dir, "job_process.ts");
  const child = Bun.spawn([process.execPath, script, JSON.stringify(job)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (kill === undefined || !isDue(kill, text)) continue;
    // Not a wait for something: it only spreads the moments of the kills.
    for (const end = performance.now() + kill.afterMs; performance.now() < end; );
    child.kill("SIGKILL");
  }
  await child.exited;
  const lines = text.split("\n").slice(0, -1);
  const last = lines.at(-1) ?? "";
  const ended = last.startsWith("ended ") ? (JSON.parse(last.slice(6)) as Ended) : undefined;
  return { lines, signal: child.signalCode, ...(ended && { ended }) };
}

interface Case {
  readonly source: string;
  readonly pipeline: string;
  readonly format: "jpeg" | "png";
  readonly tileSize: number;
}

const cases: Case[] = [];
const whole = new Map<Case, { bytes: Buffer; lines: number }>();

/** The bytes of a run that nobody disturbs, and how many lines it prints. */
async function undisturbed(of: Case): Promise<{ bytes: Buffer; lines: number }> {
  let found = whole.get(of);
  if (found === undefined) {
    const { ended, lines } = await live({ ...of, dir: join(folder, `whole-${whole.size}`) });
    expect(ended?.state).toBe("done");
    found = { bytes: readFileSync(ended!.path!), lines: lines.length };
    whole.set(of, found);
  }
  return found;
}

beforeAll(async () => {
  const png = await picture(folder, spec(1100, 800, 3, 8, 1));
  const jpeg = await picture(folder, spec(1100, 800, 3, 8, 2), "jpg");
  const deep = await picture(folder, spec(600, 500, 4, 16, 3));
  cases.push(
    { source: png, pipeline: "blur(sigma=2) | contrast | sharpen", format: "jpeg", tileSize: 128 },
    { source: jpeg, pipeline: "median | rotate_90", format: "png", tileSize: 128 },
    { source: jpeg, pipeline: "auto_levels | unsharp_mask | equalize", format: "jpeg", tileSize: 100 },
    { source: deep, pipeline: "resize(width=900) | auto_contrast | flop", format: "png", tileSize: 128 },
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("P3: kill -9 at any moment, start again, the same bytes", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("seed %d", async (seed) => {
    const random = seeded(seed);
    const of = cases[seed % cases.length]!;
    const { bytes, lines } = await undisturbed(of);
    await inFolder(async (dir) => {
      let last: Life | undefined;
      for (let kills = seed % 3 === 2 ? 3 : 1; kills > 0 && last?.ended === undefined; kills--)
        last = await live({ ...of, dir }, { at: random.below(lines - 1), afterMs: random.below(12) });
      if (last?.ended === undefined) last = await live({ ...of, dir });
      expect(last.ended?.error).toBeUndefined();
      const result = readFileSync(last.ended!.path!);
      expect(result.equals(bytes)).toBe(true);
      // Killed behind the job's end, it may not have cleaned up; the next start does.
      const again = await live({ ...of, dir });
      expect(again.ended?.state).toBe("done");
      expect(readdirSync(join(dir, "jobs", JOB))).toEqual([`result.${of.format}`]);
    });
  });
});

describe("P3: kill -9 in each state, and again in the same", () => {
  const states = ["ingesting", "running", "exporting", "done"];

  test.each(states)("%s", async (state) => {
    for (const of of cases.slice(2)) {
      const { bytes } = await undisturbed(of);
      await inFolder(async (dir) => {
        await live({ ...of, dir }, { at: state, afterMs: 0 });
        await live({ ...of, dir }, { at: state, afterMs: 2 });
        const { ended } = await live({ ...of, dir });
        expect(ended?.error).toBeUndefined();
        expect(readFileSync(ended!.path!).equals(bytes)).toBe(true);
      });
    }
  });
});

describe("a tile that takes its process down each time", () => {
  // The second case is turned, so that it is 800 pixels wide and seven tiles of 128.
  const nameOf = (tile: number) => `Tile ${tile % 7},${Math.floor(tile / 7)} of stage 0`;

  test.each([0, 9, 41])(
    "tile %d is given up; no other is blamed, and the next process lives",
    async (deadlyTile) => {
      await inFolder(async (dir) => {
        const job = { ...cases[1]!, dir, deadlyTile };
        let life = await live(job);
        let deaths = 0;
        for (; life.signal === "SIGKILL" && deaths < 20; deaths++) life = await live(job);
        expect(deaths).toBe(ATTEMPTS_MAX);
        expect(life.ended?.error?.code).toBe("tile_lost");
        expect(life.ended?.error?.message).toContain(nameOf(deadlyTile));
        expect(readdirSync(join(dir, "jobs", JOB)).filter((file) => file.startsWith("result"))).toEqual([]);
        const db = new Database(join(dir, "tessera.sqlite"), false);
        const store = new JobStore(db, Date.now);
        const tiles = store.triedTiles(JOB, 0);
        expect(store.events(JOB).at(-1)).toMatchObject({
          what: "failed",
          detail: expect.stringMatching(/^tile_lost: /),
        });
        db.close();
        const others = tiles.filter(({ tile }) => tile !== deadlyTile).map(({ attempts }) => attempts);
        expect(Math.max(...others)).toBeLessThan(ATTEMPTS_MAX);
      });
    },
  );
});

describe("tiles whose attempt ended with the process", () => {
  // Without a word when a tile is marked, each one would wait for the next look at the leases: twenty seconds in all.
  test("go one at a time with nothing else at work, and without a pause between", async () => {
    await inFolder(async (dir) => {
      const source = await picture(dir, spec(500, 400));
      const before = openBench(dir);
      const held = new OwnWorker(before.bus, before.buffers);
      await before.master.submit({ id: JOB, source: unowned(source), pipeline: "invert", tileSize: 64 });
      await held.came(1);
      await before.master.stop();
      const suspects = Array.from({ length: 20 }, (_, i) => 2 * i);
      const db = new Database(join(before.dir, "tessera.sqlite"), false);
      const store = new JobStore(db, Date.now);
      store.countAttempts(JOB, 0, suspects);
      db.close();
      const after = openBench(dir, { durable: true });
      let out = 0;
      const others: number[] = [];
      const worker = new OwnWorker(after.bus, after.buffers, async (task, own) => {
        others.push(out++);
        await turn();
        out--;
        await own.answer(task);
      });
      expect((await after.master.wait(JOB)).state).toBe("done");
      expect(worker.tasks.slice(0, 20).map(({ tile }) => tile)).toEqual(suspects);
      // The first of the others too finds nothing at work.
      expect(others.slice(0, 21).every((count) => count === 0)).toBe(true);
      expect(Math.max(...others)).toBeGreaterThan(0);
      await after.master.stop();
    });
  }, 18_000);
});

describe("a stop in good order", () => {
  const asked = { id: JOB, pipeline: "box_blur | contrast | sharpen", tileSize: 64 };

  /** Serves all tiles up to, and without, the given one of a stage; then stops the master. */
  async function serveUntil(dir: string, source: string, stage: number, tile: number): Promise<number[]> {
    const bench = openBench(dir);
    const served: number[] = [];
    let stop = () => {};
    const reached = new Promise<void>((resolve) => {
      stop = resolve;
    });
    new OwnWorker(bench.bus, bench.buffers, async (task, worker) => {
      if (task.stage === stage && task.tile >= tile) {
        stop();
        return;
      }
      served.push(task.attempt);
      await worker.answer(task);
    });
    if (bench.master.job(JOB) === undefined) await bench.master.submit({ ...asked, source: unowned(source) });
    await reached;
    await turn();
    await Promise.all([bench.master.stop(), bench.master.stop()]);
    await bench.bus.close();
    return served;
  }

  test("marked tiles are not done again, and no attempt is used up however often it happens", async () => {
    await inFolder(async (dir) => {
      const source = await picture(dir, spec(500, 400));
      const attempts: number[] = [];
      for (const [stage, tile] of [
        [0, 20],
        [0, 20],
        [0, 45],
        [1, 17],
        [1, 17],
        [1, 50],
      ] as const)
        attempts.push(...(await serveUntil(dir, source, stage, tile)));
      const bench = openBench(dir);
      const first = bench.master.job(JOB)!.progress.tiles_done;
      const worker = new OwnWorker(bench.bus, bench.buffers, (task, own) => own.answer(task));
      const { state, progress } = await bench.master.wait(JOB);
      expect(state).toBe("done");
      expect(first).toBeGreaterThan(90);
      expect(first + worker.tasks.length).toBe(progress.tiles_total);
      attempts.push(...worker.tasks.map(({ attempt }) => attempt));
      expect(new Set(attempts)).toEqual(new Set([1]));
      const resumed = readFileSync(bench.master.resultPath(JOB));
      await bench.master.stop();
      const other = openBench(join(dir, "other"));
      new OwnWorker(other.bus, other.buffers, (task, own) => own.answer(task));
      await other.master.submit({ ...asked, source: unowned(source) });
      await other.master.wait(JOB);
      expect(resumed.equals(readFileSync(other.master.resultPath(JOB)))).toBe(true);
      await other.master.stop();
    });
  });
});
