import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BulkOutcome } from "../../shared/api/routes/bulk.ts";
import { type Bench, picture, spec, withBench } from "../engine/harness.ts";
import { answer, asked, filesIn } from "../engine/job_states.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { expectProblem } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-bulk-"));
let image = "";

beforeAll(async () => {
  image = await picture(folder, spec(100, 80, 1));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const send = (bench: Bench, body: object | string, headers = as("root", "admin")) =>
  Promise.resolve(
    edgeWithCallers(bench).request("/v1/jobs/bulk", {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );

async function bulk(bench: Bench, body: object, headers = as("root", "admin")): Promise<BulkOutcome> {
  const response = await send(bench, body, headers);
  expect(response.status).toBe(200);
  return (await response.json()) as BulkOutcome;
}

/** Jobs 0 to count - 1 of Ann and Bob in turn; 0 is cancelled. */
async function withJobs(count: number, use: (bench: Bench) => Promise<void>): Promise<void> {
  await withBench({}, async (bench) => {
    for (let i = 0; i < count; i++)
      await bench.master.submit({
        ...{ ...asked, id: `${i}`, owner: i % 2 === 0 ? "ann" : "bob", labels: { third: `${i % 3}` } },
        source: { path: image, owned: false, name: `${i}` },
      });
    bench.master.cancel("0");
    await use(bench);
  });
}

const states = ({ master }: Bench): string =>
  master
    .jobs()
    .map(({ state }) => state[0])
    .toReversed()
    .join("");

describe("POST /v1/jobs/bulk", () => {
  test("does what is asked to those that are meant, and says who refused", async () => {
    await withJobs(6, async (bench) => {
      const outcome = await bulk(bench, { action: "pause", filter: { label: ["third:0"] } });
      expect(outcome).toEqual({
        ...{ matched: 2, changed: ["3"] },
        refused: [{ id: "0", code: "job_not_active" }],
      });
      expect(states(bench)[3]).toBe("p");
      expect((await bulk(bench, { action: "resume", filter: { state: ["paused"] } })).changed).toEqual(["3"]);
      expect(states(bench)).not.toContain("p");
      await bulk(bench, { action: "priority", priority: 8, filter: { ids: ["1", "2", "nobody"] } });
      expect(bench.master.jobs().map(({ priority }) => priority)).toEqual([5, 5, 5, 8, 8, 5]);
      expect((await bulk(bench, { action: "retry", filter: {} })).refused).toHaveLength(6);
      expect((await bulk(bench, { action: "cancel", filter: {} })).changed).toEqual([
        "5",
        "4",
        "3",
        "2",
        "1",
      ]);
      expect(states(bench)).toBe("cccccc");
    });
  });

  test("a dry run tells the same and does nothing", async () => {
    await withJobs(4, async (bench) => {
      const before = states(bench);
      for (const action of ["cancel", "pause", "resume", "retry", "delete"])
        expect(await bulk(bench, { action, filter: {}, dry_run: true })).toMatchObject({ matched: 4 });
      expect(states(bench)).toBe(before);
      const would = await bulk(bench, { action: "cancel", filter: {}, dry_run: true });
      expect(await bulk(bench, { action: "cancel", filter: {} })).toEqual(would);
    });
  });

  test("goes on by a cursor where there are more than one call does", async () => {
    await withJobs(5, async (bench) => {
      const first = await bulk(bench, { action: "cancel", filter: {}, limit: 2 });
      expect([first.matched, first.changed]).toEqual([5, ["4", "3"]]);
      const cursor = first.next_cursor!;
      const second = await bulk(bench, { action: "cancel", filter: {}, limit: 2, cursor });
      expect([second.matched, second.changed]).toEqual([3, ["2", "1"]]);
      const last = { action: "cancel", filter: {}, limit: 2, cursor: second.next_cursor! };
      expect(await bulk(bench, last)).toEqual({
        ...{ matched: 1, changed: [], refused: [{ id: "0", code: "job_not_active" }] },
      });
    });
  });

  test("deletes jobs that run, that wait and that are done, with all their files", async () => {
    await withJobs(4, async (bench) => {
      new OwnWorker(bench.bus, bench.buffers, answer);
      await bench.master.wait("1");
      const { changed } = await bulk(bench, { action: "delete", filter: {} });
      expect(changed).toEqual(["3", "2", "1", "0"]);
      expect(bench.master.jobs()).toEqual([]);
      expect(filesIn(join(bench.dir, "jobs"))).toEqual([]);
    });
  });

  test("tries many failed jobs again", async () => {
    await withBench({}, async (bench) => {
      let ill = true;
      new OwnWorker(bench.bus, bench.buffers, (task, own) =>
        ill ? own.publish(own.failed(task)) : own.answer(task),
      );
      for (const id of ["a", "b"]) {
        await bench.master.submit({ ...asked, id, source: { path: image, owned: false, name: id } });
        expect((await bench.master.wait(id)).state).toBe("failed");
      }
      ill = false;
      expect((await bulk(bench, { action: "retry", filter: { state: ["failed"] } })).changed).toEqual([
        "b",
        "a",
      ]);
      for (const id of ["a", "b"])
        expect(await bench.master.wait(id)).toMatchObject({ state: "done", attempts: 2 });
    });
  });

  test("P7: reaches one's own jobs only, and takes the scope", async () => {
    await withJobs(5, async (bench) => {
      const { matched, changed } = await bulk(
        bench,
        { action: "delete", filter: { ids: ["1", "2", "3"] } },
        as("ann", "operate"),
      );
      expect([matched, changed]).toEqual([1, ["2"]]);
      expect(bench.master.jobs().map(({ id }) => id)).toEqual(["4", "3", "1", "0"]);
      const readers = await send(bench, { action: "cancel", filter: {} }, as("ann", "read", "submit"));
      await expectProblem(readers, "forbidden");
    });
  });

  test.each([
    ["{", /not JSON/],
    ["[]", /object|expected/],
    [{ filter: {} }, /action/],
    [{ action: "cancel" }, /filter/],
    [{ action: "explode", filter: {} }, /action/],
    [{ action: "priority", filter: {} }, /priority/],
    [{ action: "cancel", priority: 3, filter: {} }, /priority/],
    [{ action: "priority", priority: 10, filter: {} }, /priority/],
    [{ action: "cancel", filter: { owner: "ann" } }, /owner/],
    [{ action: "cancel", filter: { ids: [] } }, /ids/],
    [{ action: "cancel", filter: { ids: Array.from({ length: 1001 }, (_, i) => `${i}`) } }, /ids/],
    [{ action: "cancel", filter: {}, limit: 1001 }, /limit/],
    [{ action: "cancel", filter: {}, cursor: "nope" }, /cursor/],
    [{ action: "cancel", filter: { constructor: { prototype: { polluted: true } } } }, /constructor/],
    [`{"action": "cancel", "filter": ${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`, /./],
  ])("P6: refuses %j", async (body, detail) => {
    await withJobs(1, async (bench) => {
      expect(await expectProblem(await send(bench, body), "request_invalid")).toMatch(detail);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    });
  });
});
