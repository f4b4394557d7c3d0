import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { openEngine } from "../../embedded/engine.ts";
import { sharp } from "../../master/codec/sharp.ts";
import type { JobState } from "../../master/jobs/job.ts";
import type { SubmitRequest } from "../../master/master.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { type Bench, inFolder, openBench, picture, seen, spec, turn, unowned, withBench } from "./harness.ts";
import { OwnWorker } from "./own_worker.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-jobs-"));
const asked = { pipeline: "blur(sigma=1)", tileSize: 64 };
let source = "";

beforeAll(async () => {
  source = await picture(folder, spec(400, 300));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answer = (task: Task, worker: OwnWorker) => worker.answer(task);
const filesIn = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).sort() : []);

/** A copy of the picture that the master owns. */
function upload({ master }: Bench, name: string): SubmitRequest["source"] {
  const path = join(master.uploadDir, name);
  copyFileSync(source, path);
  return { path, owned: true, name };
}

/** Submits a job, and resolves when it is in the state. */
async function jobIn(bench: Bench, state: JobState, more: Partial<SubmitRequest> = {}): Promise<string> {
  const reached = seen(bench.master, (job) => job.id === "it" && job.state === state);
  const view = await bench.master.submit({ ...asked, id: "it", source: upload(bench, "it"), ...more });
  if (view.state !== state) await reached;
  return view.id;
}

describe("P9: a cancelled job frees its disk and its place", () => {
  /** Cancels job "it", and looks at what it leaves. */
  async function cancelled(bench: Bench): Promise<void> {
    const { master, dir } = bench;
    const waiting = master.wait("it");
    expect(master.cancel("it").state).toBe("cancelled");
    expect((await waiting).state).toBe("cancelled");
    // The run has let go of everything when it is told of a second time; one that was only queued had nothing.
    if (existsSync(join(dir, "jobs", "it"))) await seen(master, ({ id }) => id === "it");
    expect(filesIn(join(dir, "jobs"))).not.toContain("it");
    expect(filesIn(master.uploadDir)).not.toContain("it");
    expect(() => master.cancel("it")).toThrow(expect.objectContaining({ code: "job_not_active" }));
    expect(() => master.resultPath("it")).toThrow(expect.objectContaining({ code: "job_not_done" }));
    expect(master.job("it")?.state).toBe("cancelled");
  }

  test("while it is queued", async () => {
    await withBench({}, async (bench) => {
      for (const name of ["a", "b", "c", "d"])
        await bench.master.submit({ ...asked, id: name, source: upload(bench, name) });
      await bench.master.submit({ ...asked, id: "it", source: upload(bench, "it") });
      expect(bench.master.job("it")?.state).toBe("queued");
      await cancelled(bench);
      const worker = new OwnWorker(bench.bus, bench.buffers, answer);
      for (const name of ["a", "b", "c", "d"]) expect((await bench.master.wait(name)).state).toBe("done");
      expect(worker.tasks.some(({ job }) => job === "it")).toBe(false);
    });
  });

  test.each(["ingesting", "running"] as const)("while it is %s", async (state) => {
    await withBench({}, async (bench) => {
      const worker = new OwnWorker(bench.bus, bench.buffers);
      await jobIn(bench, state);
      if (state === "running") await worker.came(1);
      await cancelled(bench);
      const came = worker.tasks.length;
      // Answers that come too late change nothing, and the next job has the whole window.
      for (const task of worker.tasks) await worker.answer(task);
      await bench.master.submit({ ...asked, id: "next", source: unowned(source) });
      await worker.came(came + 5);
      expect(worker.tasks.slice(came).every(({ job }) => job === "next")).toBe(true);
    });
  });

  test("in the middle of its tiles, some done and some out", async () => {
    await withBench({ durable: true }, async (bench) => {
      const worker = new OwnWorker(bench.bus, bench.buffers, (task, own) => {
        if (task.tile < 12) return own.answer(task);
      });
      await jobIn(bench, "running");
      await worker.came(15);
      await cancelled(bench);
      expect(worker.tasks.every(({ tile }) => tile < 17)).toBe(true);
    });
  });

  test.each(["webp", "png", "tiff"] as const)("while it is exporting %s", async (format) => {
    await withBench({}, async (bench) => {
      new OwnWorker(bench.bus, bench.buffers, answer);
      await jobIn(bench, "exporting", { output: { format, effort: 9 } });
      await cancelled(bench);
    });
  });

  test("and a cancel that a stop cuts short is finished by the next start", async () => {
    await inFolder(async (dir) => {
      const before = openBench(dir);
      new OwnWorker(before.bus, before.buffers);
      await jobIn(before, "running");
      before.master.cancel("it");
      await before.master.stop();
      const after = openBench(dir);
      expect(filesIn(join(after.dir, "jobs"))).toEqual([]);
      expect(filesIn(after.master.uploadDir)).toEqual([]);
      await after.master.stop();
    });
  });
});

describe("P2: a result is there when the job is done, and not before", () => {
  test("at no event has it its final name, nor can it be had", async () => {
    await withBench({}, async (bench) => {
      const { master, dir } = bench;
      const states = new Set<JobState>();
      const wrong: string[] = [];
      master.onProgress(({ state }) => {
        states.add(state);
        const named = filesIn(join(dir, "jobs", "it")).some((file) => file === "result.png");
        let given = true;
        try {
          master.resultPath("it");
        } catch {
          given = false;
        }
        if (state !== "done" && (named || given)) wrong.push(state);
      });
      new OwnWorker(bench.bus, bench.buffers, answer);
      await master.submit({ ...asked, id: "it", source: upload(bench, "it") });
      await master.wait("it");
      expect(wrong).toEqual([]);
      expect([...states]).toEqual(["ingesting", "running", "exporting", "done"]);
      expect(master.resultPath("it")).toBe(join(dir, "jobs", "it", "result.png"));
      expect(filesIn(join(dir, "jobs", "it"))).toEqual(["result.png"]);
      expect(filesIn(master.uploadDir)).toEqual([]);
    });
  });
});

test("P2: a file of the right name does not make a result of it", async () => {
  await withBench({}, async (bench) => {
    new OwnWorker(bench.bus, bench.buffers);
    const id = await jobIn(bench, "running");
    writeFileSync(join(bench.dir, "jobs", id, "result.png"), "half of it");
    expect(() => bench.master.resultPath(id)).toThrow(expect.objectContaining({ code: "job_not_done" }));
  });
});

describe("P10: a small job does not wait for a large one", () => {
  test("entered while a large one fills the window, it gets every other place", async () => {
    await withBench({}, async (bench) => {
      const { master } = bench;
      const large = await picture(folder, spec(2000, 1500, 1));
      const held: Task[] = [];
      const worker = new OwnWorker(bench.bus, bench.buffers, (task, own) => {
        if (task.job === "small") return own.answer(task);
        held.push(task);
      });
      const from = (job: string) => worker.tasks.filter((task) => task.job === job).length;
      await master.submit({ ...asked, id: "large", source: unowned(large) });
      await worker.came(5);
      const running = seen(master, ({ id, state }) => id === "small" && state === "running");
      const small = await master.submit({ ...asked, id: "small", source: unowned(source) });
      await running;
      const before = from("large");
      while (from("small") < small.progress.tilesTotal) {
        const next = held.shift();
        if (next !== undefined) await worker.answer(next);
        await turn();
      }
      // A few more may go out before the small one's first rows have been noticed.
      expect(from("large") - before).toBeLessThan(small.progress.tilesTotal + 100);
      expect((await master.wait("small")).state).toBe("done");
      expect(master.job("large")?.endedMs).toBeUndefined();
    });
  });

  test("nor for many very large ones", async () => {
    await withBench({}, async (bench) => {
      const huge = join(folder, "huge.png");
      const background = { r: 90, g: 80, b: 70 };
      const plain = { create: { width: 8100, height: 8000, channels: 3 as const, background } };
      await sharp(plain).toColourspace("b-w").png({ compressionLevel: 1 }).toFile(huge);
      new OwnWorker(bench.bus, bench.buffers, (task, own) => {
        if (task.job === "small") return own.answer(task);
      });
      for (const id of ["h1", "h2", "h3", "h4", "h5"])
        await bench.master.submit({ pipeline: "invert", id, source: unowned(huge) });
      const begun = seen(bench.master, ({ id, state }) => id === "small" && state === "ingesting");
      await bench.master.submit({ ...asked, id: "small", source: unowned(source) });
      await begun;
      expect(["h3", "h4", "h5"].map((id) => bench.master.job(id)?.state)).toEqual([
        "queued",
        "queued",
        "queued",
      ]);
      for (const id of ["h1", "h2", "h3", "h4", "h5"]) bench.master.cancel(id);
      expect((await bench.master.wait("small")).state).toBe("done");
    });
  });
});

describe("P3: a restart", () => {
  test("takes up what was under way before what waited, each in its order", async () => {
    await inFolder(async (dir) => {
      const before = openBench(dir);
      const ids = ["a", "b", "c", "d", "e", "f"];
      const held = new OwnWorker(before.bus, before.buffers);
      for (const id of ids) await before.master.submit({ ...asked, id, source: upload(before, id) });
      before.master.cancel("a"); // so that "e" gets its place
      await seen(before.master, ({ id, state }) => id === "e" && state !== "queued");
      await held.came(1);
      await before.master.stop();
      await before.bus.close();
      const after = openBench(dir);
      const order: string[] = [];
      after.master.onProgress(({ id }) => order.includes(id) || order.push(id));
      new OwnWorker(after.bus, after.buffers, answer);
      for (const id of ids.slice(1)) expect((await after.master.wait(id)).state).toBe("done");
      expect(order.at(-1)).toBe("f");
      expect(order.toSorted()).toEqual(["b", "c", "d", "e", "f"]);
      await after.master.stop();
    });
  });

  test("removes what belongs to no job, and keeps what does", async () => {
    await inFolder(async (dir) => {
      const before = openBench(dir);
      new OwnWorker(before.bus, before.buffers);
      await jobIn(before, "running");
      await before.master.stop();
      writeFileSync(join(before.master.uploadDir, "half-an-upload"), "x");
      mkdirSync(join(before.dir, "jobs", "nobody's", "deep"), { recursive: true });
      const after = openBench(dir);
      expect(filesIn(after.master.uploadDir)).toEqual(["it"]);
      expect(filesIn(join(after.dir, "jobs"))).toEqual(["it"]);
      new OwnWorker(after.bus, after.buffers, answer);
      expect((await after.master.wait("it")).state).toBe("done");
      await after.master.stop();
    });
  });

  test("finds no decoder of the run before at work: a stop waits for what cannot be stopped", async () => {
    await inFolder(async (dir) => {
      const large = await picture(folder, spec(3000, 2000, 1, 8, 2));
      const before = openBench(dir);
      const worker = new OwnWorker(before.bus, before.buffers);
      await before.master.submit({ ...asked, id: "it", source: unowned(large) });
      await worker.came(1);
      expect(before.master.job("it")?.state).toBe("ingesting");
      await before.master.stop();
      expect(filesIn(join(before.dir, "jobs", "it")).filter((file) => file === "source.v")).toEqual([]);
    });
  });

  test("may name the folder in another way", async () => {
    await inFolder(async (dir) => {
      const before = openEngine({ dir: relative(process.cwd(), dir), threads: 1 });
      const path = join(before.master.uploadDir, "it");
      copyFileSync(source, path);
      const pipeline = Array.from({ length: 8 }, () => ({ op: "median", radius: 3 }));
      await before.master.submit({
        id: "it",
        pipeline,
        tileSize: 64,
        source: { path, owned: true, name: "it" },
      });
      await before.stop();
      const after = openEngine({ dir, threads: 1 });
      const { state, error } = await after.master.wait("it");
      expect([state, error]).toEqual(["done", undefined]);
      await after.stop();
    });
  });

  test("on a folder where another is at work is refused, and harms nothing", async () => {
    await inFolder(async (dir) => {
      const bench = openBench(dir);
      const { path } = upload(bench, "just coming in");
      expect(() => openBench(dir)).toThrow(expect.objectContaining({ code: "folder_in_use" }));
      expect(existsSync(path)).toBe(true);
      await bench.master.stop();
    });
  });
});

describe("P5, P6: what cannot be taken in is refused and leaves nothing", () => {
  const refusals: [string, Partial<SubmitRequest>, code: string][] = [
    ["an unknown op", { pipeline: "blurr" }, "pipeline_invalid"],
    ["a broken pipeline", { pipeline: "blur(" }, "pipeline_syntax"],
    ["no list of steps", { pipeline: { op: "blur" } }, "pipeline_invalid"],
    ["an output that is too large", { pipeline: "resize(scale=200)" }, "output_too_large"],
    [
      "a WebP beyond its bounds",
      { pipeline: "resize(scale=60)", output: { format: "webp" } },
      "output_too_large",
    ],
    ["an unknown format", { output: { format: "bmp" as "png" } }, "output_invalid"],
    ["a quality of 0", { output: { quality: 0 } }, "output_invalid"],
    ["an unknown output option", { output: { speed: 1 } as object }, "output_invalid"],
    ["a tile size of 63", { tileSize: 63 }, "request_invalid"],
    ["a tile size of 64.5", { tileSize: 64.5 }, "request_invalid"],
    [
      "a file that is not there",
      { source: unowned(join(tmpdir(), "no such tessera file")) },
      "file_not_found",
    ],
  ];

  test.each(refusals)("%s", async (_, wrong, code) => {
    await withBench({}, async ({ master, dir }) => {
      const thrown = await master
        .submit({ ...asked, source: unowned(source), ...wrong })
        .catch((e: unknown) => e);
      expect(thrown).toMatchObject({ code });
      expect(master.jobs()).toEqual([]);
      expect(filesIn(join(dir, "jobs"))).toEqual([]);
    });
  });

  test("a job for which the disk has no room", async () => {
    await withBench({ limits: { freeBytesMin: 2 ** 60 } }, async ({ master }) => {
      const thrown = await master.submit({ ...asked, source: unowned(source) }).catch((e: unknown) => e);
      expect(thrown).toMatchObject({ code: "disk_full" });
      expect(master.jobs()).toEqual([]);
    });
  });

  test("a job whose canvas cannot be read any more fails, and the next one is served", async () => {
    await withBench({}, async (bench) => {
      const { promise: cut, resolve } = Promise.withResolvers<void>();
      new OwnWorker(bench.bus, bench.buffers, (task, own) => cut.then(() => own.answer(task)));
      const tall = await picture(folder, spec(200, 3000));
      await jobIn(bench, "running", { source: unowned(tall) });
      truncateSync(join(bench.dir, "jobs", "it", "source.v"), 100);
      resolve();
      expect((await bench.master.wait("it")).state).toBe("failed");
      await bench.master.submit({ ...asked, id: "next", source: unowned(source) });
      expect((await bench.master.wait("next")).state).toBe("done");
    });
  });
});

test("a stop may be asked for twice, also at once, and then nothing is taken in", async () => {
  const engine = openEngine({ threads: 1 });
  await engine.master.submit({ ...asked, source: unowned(source) });
  await Promise.all([engine.stop(), engine.stop()]);
  await engine.stop();
  const thrown = await engine.master.submit({ ...asked, source: unowned(source) }).catch((e: unknown) => e);
  expect(thrown).toMatchObject({ code: "bus_closed" });
});
