import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../embedded/engine.ts";
import { prepareJob } from "../../master/jobs/submission.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { Database } from "../../master/store/database.ts";
import { JobStore } from "../../master/store/store.ts";
import type { JobView } from "../../shared/api/job.ts";
import { edgeOf } from "../http/edge.ts";
import { inLong, openBench, picture, seen, spec, unowned } from "./harness.ts";

const JOBS = 5000;
/** The aims are those of a long run; whatever is ten times as slow has another cause than a busy machine. */
const START_MS = inLong(10_000, 1000);
const PAGE_MS = inLong(200, 20);
const SMALL_JOB_MS = inLong(30_000, 2000);
const folder = mkdtempSync(join(tmpdir(), "tessera-many-"));
let small = "";

beforeAll(async () => {
  small = await picture(folder, spec(1000, 1000));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A master's folder in which so many jobs of one owner wait, as a master would have left them. */
async function fill(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const source = unowned(small);
  const { stored, about } = await prepareJob({ source, pipeline: "blur(sigma=2)" }, DEFAULT_LIMITS);
  const db = new Database(join(dir, "tessera.sqlite"), false);
  const store = new JobStore(db, Date.now);
  store.together(() => {
    for (let i = 0; i < JOBS; i++)
      store.insert(`waiting-${i}`, stored, { ...about, labels: { project: i % 2 === 0 ? "alpha" : "beta" } });
  });
  db.close();
}

/** The middle of some times that `work` takes, in milliseconds. */
async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[4]!;
}

describe(`${JOBS} jobs that wait`, () => {
  test("are taken up soon, and each page of their list comes soon", async () => {
    const bench = join(folder, "listed");
    await fill(join(bench, "master"));
    const began = performance.now();
    const { master } = openBench(bench);
    const startMs = performance.now() - began;
    expect(startMs).toBeLessThan(START_MS);
    // They would begin, and take the processor's time.
    const app = edgeOf({ master });
    const measured: Record<string, string> = { start: startMs.toFixed(1) };
    let cursor = "";
    for (const query of [
      "?limit=100",
      "?limit=100&state=queued",
      "?limit=100&state=done",
      "?limit=100&label=project:alpha",
      "?limit=100&label=project:none",
      "?limit=100&text=waiting-77",
      "?limit=100&text=nobody",
      "?limit=100&after=2020-01-01T00:00:00Z&state=queued,paused",
    ]) {
      const get = async () => (await app.request(`/v1/jobs${query}`)).text();
      const ms = await medianMs(get);
      measured[query] = ms.toFixed(1);
      expect(ms).toBeLessThan(PAGE_MS);
      cursor = (JSON.parse(await get()) as { next_cursor?: string }).next_cursor ?? cursor;
    }
    expect(await medianMs(async () => (await app.request(`/v1/jobs?cursor=${cursor}`)).text())).toBeLessThan(
      PAGE_MS,
    );
    const ids = new Set<string>();
    let next: string | undefined = "";
    while (next !== undefined) {
      const response = await app.request(`/v1/jobs?limit=1000${next === "" ? "" : `&cursor=${next}`}`);
      const page = (await response.json()) as { jobs: JobView[]; next_cursor?: string };
      for (const { id } of page.jobs) ids.add(id);
      next = page.next_cursor;
    }
    expect(ids.size).toBe(JOBS);
    console.log(measured);
    await master.stop();
  }, 180_000);

  const sizeOfHuge = inLong([10_000, 8000], [20_000, 15_000]);
  test("P10: the last to come, of the same owner, ends soon while a huge one runs", async () => {
    const dir = join(folder, "fair");
    await fill(dir);
    const huge = await picture(folder, spec(sizeOfHuge[0]!, sizeOfHuge[1]!), "tiff");
    const { master, stop } = openEngine({ dir });
    const running = seen(master, ({ id, progress }) => id === "huge" && progress.tiles_done > 0);
    const pipeline = Array.from({ length: 6 }, () => "median(radius=3)").join(" | ");
    await master.submit({ id: "huge", source: unowned(huge), pipeline });
    await running;
    const took: number[] = [];
    for (let i = 0; i < 5; i++) {
      const began = performance.now();
      const { id } = await master.submit({ source: unowned(small), pipeline: "blur(sigma=2)" });
      expect((await master.wait(id)).state).toBe("done");
      took.push(performance.now() - began);
    }
    expect(master.job("huge")!.state).toMatch(/ingesting|running/);
    expect(master.list({ states: ["queued"] }, 1).jobs).toHaveLength(1);
    console.log(took.map((ms) => `${ms.toFixed(0)} ms`).join(", "));
    expect(Math.max(...took)).toBeLessThan(SMALL_JOB_MS);
    await stop();
  }, 300_000);
});
