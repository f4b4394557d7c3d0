import { expect, test } from "bun:test";
import { benchSoak, growth, printSoak, soakFaults } from "../../bench/soak.ts";
import { wrongPixels } from "../../bench/soak_load.ts";
import { pictureRaster, spec } from "../engine/harness.ts";

test("bench soak: mixed load on the memory bus loses no job and gets no pixel wrong", async () => {
  const found = await benchSoak({ ms: 2000, bus: "memory", seed: 1, faultMsMax: 1000 });
  expect(found.counts.done).toBeGreaterThan(5);
  expect(soakFaults(found)).toEqual([]);
  expect(found.samples.length).toBeGreaterThan(10);
  expect(printSoak(found)).toContain("jobs lost");

  const { counts } = found;
  expect(soakFaults({ ...found, counts: { ...counts, lost: 1 } })).toEqual([
    `1 of ${counts.submitted} jobs were lost.`,
  ]);
  expect(soakFaults({ ...found, counts: { ...counts, wrongPixels: 7 } })).toEqual(["7 pixels are wrong."]);
  expect(soakFaults({ ...found, counts: { ...counts, done: 0 } })).toHaveLength(1);
});

test("pixels are wrong that differ in any channel, and all are where the shape does", () => {
  const right = pictureRaster(spec(8, 4));
  const made = { ...right, data: right.data.slice() };
  expect(wrongPixels(made, right)).toBe(0);
  for (const byte of [0, 1, 30, 95]) made.data[byte]! ^= 1; // two in one pixel
  expect(wrongPixels(made, right)).toBe(3);
  expect(wrongPixels(pictureRaster(spec(4, 8)), right)).toBe(32);
  expect(wrongPixels(pictureRaster(spec(8, 4, 4)), right)).toBe(32);
});

test("growth is taken once memory has settled", () => {
  const hour = 3_600_000;
  const samples = Array.from({ length: 30 }, (_, i) => ({
    ...{ ms: (i * hour) / 30, tiles: i },
    master: (i < 10 ? 1000 : 100 + i) * 2 ** 20,
  }));
  expect(growth(samples, ({ master }) => master)).toBeCloseTo(30, 6);
  expect(growth(samples, () => undefined)).toBe(0);
});
