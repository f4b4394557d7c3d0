import { expect, test } from "bun:test";
import { interleaved } from "../../bench/harness.ts";
import { shortNumber, signedPercent } from "../../bench/report/table.ts";
import { slowed } from "../../bench/slow.ts";
import { median, medianError, pairwise, slope, spreadOf } from "../../bench/stats.ts";

test("the median is the middle, and its spread the extremes and the median distance from it", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
  expect(spreadOf([1, 2, 3, 4, 100])).toEqual({ min: 1, max: 100, mad: 1, runs: 5 });
});

test("a median is known better the more runs there are, and not at all better than one without spread", () => {
  const of = (runs: number) => medianError({ min: 0, max: 1, mad: 0.1, runs });
  expect(of(16) / of(4)).toBeCloseTo(0.5, 10);
  expect(medianError(spreadOf([7]))).toBe(0);
});

test("pairs are of the same round", () => {
  expect(pairwise([2, 9], [1, 3])).toEqual([2, 3]);
});

test("the slope is that of the straight line through the points, or as near as can be", () => {
  expect(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBeCloseTo(2, 10);
  expect(
    slope([
      [0, 0],
      [1, 1],
      [2, 0],
      [3, 1],
    ]),
  ).toBeCloseTo(0.2, 10);
  expect(slope([[1, 5]])).toBe(0);
  expect(slope([])).toBe(0);
});

test("what is compared takes turns, each round the other way round, and warm-ups do not count", async () => {
  const order: string[] = [];
  const turn = (name: string) => () => {
    order.push(name);
    return order.length;
  };
  const found = await interleaved([turn("a"), turn("b")], { warmups: 1, repeats: 2 });
  expect(order.join("")).toBe("abbaab");
  expect(found).toEqual([
    [4, 5],
    [3, 6],
  ]);
});

test("what is slowed down still does its work, and longer", async () => {
  let now = 0;
  const real = performance.now;
  performance.now = () => now++;
  try {
    expect(slowed(() => "done", 0)()).toBe("done");
    expect(now).toBe(0);
    const work = () => {
      now += 100;
      return "done";
    };
    expect(slowed(work, 0.2)()).toBe("done");
    expect(now).toBeGreaterThanOrEqual(120);
    expect(now).toBeLessThan(130);
    expect(await slowed(async () => work(), 0.5)()).toBe("done");
  } finally {
    performance.now = real;
  }
});

test("numbers are as long as they say something", () => {
  expect([0, 1234.5, 12.34, 1.234, 0.01234].map(shortNumber)).toEqual(["0", "1235", "12.3", "1.23", "0.012"]);
  expect([0.123, -0.05, 0].map(signedPercent)).toEqual(["+12 %", "−5.0 %", "+0.0 %"]);
});
