import { expect, test } from "bun:test";
import { benchEngine, printEngine } from "../../bench/engine.ts";
import { benchMemory, printMemory } from "../../bench/memory.ts";
import { benchService, printService } from "../../bench/service.ts";
import { benchStart, printStart } from "../../bench/start.ts";

// Benches run tiny here, so that they do not rot; what they measure at this size means nothing.

test("bench engine: compares each case and names its parts", async () => {
  const found = await benchEngine({
    sizes: [{ name: "tiny", width: 700, height: 600 }],
    repeats: 1,
  });
  expect(found.rows.length).toBeGreaterThanOrEqual(10);
  for (const row of found.rows) {
    expect(row.wallMs).toBeGreaterThan(0);
    expect(row.peakRssBytes).toBeGreaterThan(20 << 20);
    expect(row.bare.decodeMs + row.bare.transformMs + row.bare.encodeMs).toBeGreaterThanOrEqual(0);
    expect(row.phases.ingest).toBeNumber();
  }
  const text = printEngine(found);
  for (const said of ["tiny, blur(sigma=2)", "tiny, nothing", "wall/bound"]) expect(text).toContain(said);
});

test("bench memory: reports time and peak of the command", async () => {
  const found = await benchMemory([{ name: "tiny", width: 600, height: 500 }], 1, "invert");
  expect(found.rows[0]!.peaks[0]).toBeGreaterThan(20 << 20);
  expect(printMemory(found)).toContain("tiny");
});

test("bench start: reports the three waits", async () => {
  const found = await benchStart(1);
  for (const [ms] of [found.transformsMs, found.masterMs, found.photoMs]) expect(ms).toBeGreaterThan(0);
  expect(printStart(found)).toContain("master ready");
});

test("bench service: reports jobs and questions a second, and waits", async () => {
  const [row, ...more] = await benchService({ clients: [2], jobs: 6, requests: 20, repeats: 1 });
  expect(more).toEqual([]);
  for (const [value] of [row!.jobsPerSecond, row!.p50Ms, row!.p99Ms, row!.requestsPerSecond])
    expect(value).toBeGreaterThan(0);
  expect(printService([row!])).toContain("until done");
});
