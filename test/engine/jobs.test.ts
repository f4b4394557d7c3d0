import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../embedded/engine.ts";
import { loadSharp } from "../../master/codec/sharp.ts";
import type { JobState, JobView } from "../../master/jobs/job.ts";
import type { SubmitRequest } from "../../master/jobs/submission.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { inFolder } from "../support/folder.ts";
import { type Bench, openBench, picture, seen, spec, turn, unowned, withBench } from "./harness.ts";
import { answer, asked, filesIn, reachJob, uploaded } from "./job_states.ts";
import { OwnWorker } from "./own_worker.ts";

const sharp = await loadSharp();

const folder = mkdtempSync(join(tmpdir(), "tessera-jobs-"));
let source = "";

beforeAll(async () => {
  source = await picture(folder, spec(400, 300));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const jobIn = (bench: Bench, state: JobState, more?: Partial<SubmitRequest>) =>
  reachJob(bench, source, state, more);

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
      for (const name of ["a", "b", "c", "d", "e"])
        await bench.master.submit({ ...asked, id: name, source: uploaded(bench, source, name) });
      await bench.master.submit({ ...asked, id: "it", source: uploaded(bench, source, "it") });
      expect(bench.master.job("it")?.state).toBe("queued");
      await cancelled(bench);
      const worker = new OwnWorker(bench.bus, bench.buffers, answer);
      for (const name of ["a", "b", "c", "d", "e"])
        expect((await bench.master.wait(name)).state).toBe("done");
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
      await after.master.tidied();
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
      const states = new Set<JobView["state"]>();
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
      await master.submit({ ...asked, id: "it", source: uploaded(bench, source, "it") });
      await master.wait("it");
      expect(wrong).toEqual([]);
      expect([...states]).toEqual(["queued", "ingesting", "running", "exporting", "done"]);
      expect(master.resultPath("it")).toBe(join(dir, "jobs", "it", "result.png"));
      await master.stop(); // the canvases go after the job is told to be done
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
      while (from("small") < small.progress.tiles_total) {
        const next = held.shift();
        if (next !== undefined) await worker.answer(next);
        await turn();
      }
      // A few more may go out before the small one's first rows have been noticed.
      expect(from("large") - before).toBeLessThan(small.progress.tiles_total + 100);
      expect((await master.wait("small")).state).toBe("done");
      expect(master.job("large")?.ended_at).toBeUndefined();
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

test("P5: whatever way jobs end, no file stays open", async () => {
  await withBench({ durable: true }, async (bench) => {
    const { master } = bench;
    const large = await picture(folder, spec(1500, 1200, 1, 8, 6));
    new OwnWorker(bench.bus, bench.buffers, (task, own) => {
      if (task.job.startsWith("fails")) return own.publish(own.failed(task));
      if (task.job.startsWith("done") || task.tile < 20) return own.answer(task);
    });
    const openFiles = () => filesIn("/proc/self/fd").length; // none where there is no such folder
    const round = async (name: string) => {
      for (const kind of ["done", "fails", "cancelled"]) {
        const id = `${kind}-${name}`;
        const ended = seen(master, (job) => job.id === id && job.ended_at !== undefined);
        const begun = seen(master, (job) => job.id === id);
        await master.submit({ ...asked, pipeline: "invert | contrast", id, source: unowned(large) });
        await begun;
        if (kind === "cancelled") master.cancel(id);
        await ended;
        while (kind === "cancelled" && filesIn(join(bench.dir, "jobs")).includes(id)) await turn();
      }
    };
    await round("warm-up");
    const before = openFiles();
    for (const name of ["a", "b", "c", "d", "e"]) await round(name);
    expect(openFiles()).toBeLessThanOrEqual(before);
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
