import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { openEngine } from "../../embedded/engine.ts";
import type { JobState } from "../../master/jobs/job.ts";
import type { SubmitRequest } from "../../master/jobs/submission.ts";
import { inFolder } from "../support/folder.ts";
import { type Bench, openBench, picture, seen, spec, unowned } from "./harness.ts";
import { answer, asked, filesIn, reachJob, uploaded } from "./job_states.ts";
import { OwnWorker } from "./own_worker.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-restart-"));
let source = "";

beforeAll(async () => {
  source = await picture(folder, spec(400, 300));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const jobIn = (bench: Bench, state: JobState, more?: Partial<SubmitRequest>) =>
  reachJob(bench, source, state, more);

describe("P3: a restart", () => {
  test("takes up what was under way before what waited, each in its order", async () => {
    await inFolder(async (dir) => {
      const before = openBench(dir);
      const ids = ["a", "b", "c", "d", "e", "f", "g"];
      const held = new OwnWorker(before.bus, before.buffers);
      for (const id of ids)
        await before.master.submit({ ...asked, id, source: uploaded(before, source, id) });
      before.master.cancel("a"); // so that "f" gets its place
      await seen(before.master, ({ id, state }) => id === "f" && state !== "queued");
      await held.came(1);
      await before.master.stop();
      await before.bus.close();
      const after = openBench(dir);
      const order: string[] = [];
      after.master.onProgress(({ id }) => order.includes(id) || order.push(id));
      new OwnWorker(after.bus, after.buffers, answer);
      for (const id of ids.slice(1)) expect((await after.master.wait(id)).state).toBe("done");
      expect(order.at(-1)).toBe("g");
      expect(order.toSorted()).toEqual(["b", "c", "d", "e", "f", "g"]);
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

  test("with limits that a job is above fails that job, not the start", async () => {
    await inFolder(async (dir) => {
      const before = openBench(dir);
      new OwnWorker(before.bus, before.buffers);
      await jobIn(before, "running", { pipeline: "resize(scale=2)" });
      await before.master.stop();
      const after = openBench(dir, { limits: { pixelsMax: 300_000 } });
      const { state, error } = await after.master.wait("it");
      expect([state, error?.code]).toEqual(["failed", "output_too_large"]);
      expect(filesIn(join(after.dir, "jobs"))).toEqual([]);
      await after.master.stop();
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
      const { path } = uploaded(bench, source, "just coming in");
      expect(() => openBench(dir)).toThrow(expect.objectContaining({ code: "folder_in_use" }));
      expect(existsSync(path)).toBe(true);
      await bench.master.stop();
    });
  });
});
