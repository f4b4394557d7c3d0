import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobRequest } from "../../master/jobs/job.ts";
import { Database } from "../../master/store/database.ts";
import { DeliveryStore } from "../../master/store/deliveries.ts";
import { JobStore } from "../../master/store/store.ts";

let folder = "";
let db: Database;
let jobs: JobStore;
let deliveries: DeliveryStore;
let nowMs = 1000;

function open(): void {
  db = new Database(join(folder, "test.sqlite"), false);
  jobs = new JobStore(db, () => nowMs);
  deliveries = new DeliveryStore(db, () => nowMs);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tessera-deliveries-"));
  open();
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const request = { source: { name: "x" }, planned: { tiles: 1 } } as unknown as JobRequest;
const insert = (id: string, owner = "ann", webhook: string | undefined = "https://example.com/") =>
  jobs.insert(id, request, { owner, priority: 5, labels: {}, ...(webhook !== "" && { webhook }) });
const due = () => deliveries.due(100, 100).map(({ job, event }) => `${job} ${event}`);

describe("P3: a delivery comes with the end of its job, and only with it", () => {
  test("however the job ends, each time that it does", () => {
    for (const id of ["a", "b", "c"]) insert(id);
    insert("d", "ann", "");
    expect(due()).toEqual([]);
    jobs.cancel("a");
    jobs.fail("b", "tile_lost", "");
    jobs.cancel("d");
    for (const step of [jobs.begin, jobs.sourceComplete, jobs.tilesComplete]) step("c");
    jobs.finish("c", { width: 1, height: 1, bytes: 1, wallMs: 1, phases: {} });
    expect(due()).toEqual(["a cancelled", "b failed", "c done"]);
    jobs.retry("b");
    expect(due()).toHaveLength(3);
    jobs.cancel("b");
    expect(due()).toEqual(["a cancelled", "b failed", "c done", "b cancelled"]);
    expect(new Set(deliveries.due(100, 100).map(({ id }) => id)).size).toBe(4);
  });

  test("not if what ended it was undone, and for ever if it was not", () => {
    insert("a");
    insert("b");
    const undone = () =>
      db.atomically(() => {
        jobs.cancel("a");
        throw new Error("the power failed");
      });
    expect(undone).toThrow("the power failed");
    jobs.cancel("b");
    db.close();
    open();
    expect(due()).toEqual(["b cancelled"]);
  });
});

test("an attempt that a crash interrupts is made again when the next one would have been", () => {
  insert("a");
  jobs.cancel("a");
  const { id } = deliveries.due(1, 1)[0]!;
  deliveries.begin(id, "the body", nowMs + 10_000);
  db.close();
  open();
  expect(due()).toEqual([]);
  nowMs += 10_000;
  expect(deliveries.due(1, 1)).toMatchObject([{ id, attempts: 1, body: "the body" }]);
});

test("P10: those of an owner with many do not come before everyone else's", () => {
  for (let i = 0; i < 50; i++) insert(`many ${i}`, "many");
  insert("few", "few");
  for (let i = 0; i < 50; i++) jobs.cancel(`many ${i}`);
  nowMs++;
  jobs.cancel("few");
  expect(deliveries.due(10, 4).map(({ owner }) => owner)).toEqual(["many", "many", "many", "many", "few"]);
});

test("goes with its job, even while it is under way", () => {
  insert("a");
  jobs.cancel("a");
  const delivery = deliveries.due(1, 1)[0]!;
  jobs.remove("a");
  deliveries.attempted(delivery, { status: 200 }, "delivered");
  expect(due()).toEqual([]);
});
