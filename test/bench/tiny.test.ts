import { expect, test } from "bun:test";
import { benchEngine, printEngine } from "../../bench/engine.ts";
import { benchMemory, printMemory } from "../../bench/memory.ts";
import { benchStart, printStart } from "../../bench/start.ts";

// Benches run tiny here, so that they do not rot; what they measure at this size means nothing.

test("bench engine: compares each case and names its parts", async () => {
  const record = await benchEngine({ sizes: [{ name: "tiny", width: 700, height: 600 }], repeats: 1 });
  expect(record.rows.length).toBeGreaterThanOrEqual(4);
  for (const row of record.rows) {
    expect(row.ratio).toBeGreaterThan(0);
    expect(row.cpuMs).toBeGreaterThan(0);
  }
  for (const part of record.bare) expect(part.decodeMs + part.transformMs + part.encodeMs).toBeGreaterThan(0);
  expect(printEngine(record)).toContain("tiny blur(sigma=2)");
});

test("bench memory: reports time and peak of the command", async () => {
  const record = await benchMemory([{ name: "tiny", width: 600, height: 500 }], 1, "invert");
  expect(record.rows[0]!.peakRssBytes).toBeGreaterThan(20 << 20);
  expect(printMemory(record)).toContain("tiny");
});

test("bench start: reports the three waits", async () => {
  const record = await benchStart(1);
  expect(Math.min(record.transformsMs, record.masterMs, record.photoMs)).toBeGreaterThan(0);
  expect(printStart(record)).toContain("master ready");
});
