import { describe, expect, test } from "bun:test";
import type { Statistics } from "../../shared/ops/op.ts";
import { opNamed } from "../../shared/ops/registry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { run } from "./run.ts";

/** Statistics of an image that has `counts[level]` pixels of each gray level. */
function grayStatistics(counts: Record<number, number>, depth: 8 | 16 = 8): Statistics {
  const luma = new Float64Array(depth === 8 ? 256 : 65536);
  for (const [level, n] of Object.entries(counts)) luma[Number(level)] = n;
  return { depth, channels: 1, histograms: [luma], luma };
}

function resolve(pipeline: string, statistics: Statistics) {
  const [step] = parsePipeline(pipeline);
  const op = opNamed(step!.op);
  if (op.kind !== "statistics") throw new Error("not a statistics op");
  return op.resolve(statistics, step as never);
}

describe("what statistics ops make of pixels", () => {
  test("equalize spreads by rank: (cdf − cdf₀) / (n − cdf₀)", () => {
    // cdf 1, 2, 3, 4: 0, 1/3, 2/3 and all of 255
    expect(run("equalize", [10, 20, 30, 40], { width: 4 })).toEqual([0, 85, 170, 255]);
    expect(run("equalize", [10, 10, 10, 40], { width: 4 })).toEqual([0, 0, 0, 255]);
    expect(run("equalize", [0, 21845, 43690, 65535], { width: 4, depth: 16 })).toEqual([
      0, 21845, 43690, 65535,
    ]);
  });

  test("equalize takes one curve from the luma for all channels", () => {
    // luma 10 and 40
    expect(run("equalize", [10, 10, 10, 40, 40, 40], { width: 2, channels: 3 })).toEqual([
      0, 0, 0, 255, 255, 255,
    ]);
  });

  test("auto_contrast spreads the luma's extremes, all channels alike", () => {
    expect(run("auto_contrast(cutoff=0)", [50, 100, 150], { width: 3 })).toEqual([0, 128, 255]);
    // luma 100 (gray) and 150: red 120 of the second lies at 0.4
    const two = [100, 100, 100, 150, 150, 150, 120, 120, 120];
    expect(run("auto_contrast(cutoff=0)", two, { width: 3, channels: 3 })).toEqual([
      0, 0, 0, 255, 255, 255, 102, 102, 102,
    ]);
  });

  test("auto_levels spreads each channel by itself", () => {
    const given = [10, 100, 7, 20, 200, 7, 15, 150, 7];
    // blue has one tone and stays
    expect(run("auto_levels(cutoff=0)", given, { width: 3, channels: 3 })).toEqual([
      0, 0, 7, 255, 255, 7, 128, 128, 7,
    ]);
    expect(run("auto_levels(cutoff=0)", [10, 20], { width: 2 })).toEqual([0, 255]);
  });

  test("the cutoff leaves out as many pixels as it says, at each end", () => {
    const given = [
      0,
      ...Array.from({ length: 49 }, () => 100),
      ...Array.from({ length: 49 }, () => 200),
      255,
    ];
    expect(run("auto_contrast(cutoff=1)", given, { width: 100 }).slice(48, 52)).toEqual([0, 0, 255, 255]);
    expect(run("auto_contrast(cutoff=0.9)", given, { width: 100 }).slice(48, 52)).toEqual([
      100, 100, 200, 200,
    ]);
  });

  test("otsu_threshold splits two groups and gives gray", () => {
    expect(run("otsu_threshold", [10, 12, 200, 210], { width: 4 })).toEqual([0, 0, 255, 255]);
    expect(run("otsu_threshold", [300, 400, 60000, 65535], { width: 4, depth: 16 })).toEqual([
      0, 0, 65535, 65535,
    ]);
    expect(run("otsu_threshold", [10, 10, 10, 9, 200, 200, 200, 8], { width: 2, channels: 4 })).toEqual([
      0, 9, 255, 8,
    ]);
  });

  test("fully transparent pixels don't count", () => {
    const given = [0, 0, 100, 255, 200, 255, 255, 0];
    expect(run("auto_contrast(cutoff=0)", given, { width: 4, channels: 2 })).toEqual([
      0, 0, 0, 255, 255, 255, 255, 0,
    ]);
    expect(run("equalize", given, { width: 4, channels: 2 })).toEqual([0, 0, 0, 255, 255, 255, 255, 0]);
  });
});

describe("what statistics ops resolve to", () => {
  test("Otsu: the middle of the levels between two lone tones", () => {
    expect(resolve("otsu_threshold", grayStatistics({ 10: 5, 20: 5 }))).toEqual([
      { op: "grayscale" },
      { op: "threshold", level: 15 },
    ]);
  });

  test("Otsu as by brute force over a histogram with noise", () => {
    const counts = Object.fromEntries(
      Array.from({ length: 256 }, (_, v) => [v, bump(v, 70) + 3 * bump(v, 180) + ((v * 7) % 5)]),
    );
    const between = (split: number) => {
      const part = (from: number, to: number) => {
        let [n, sum] = [0, 0];
        for (let v = from; v < to; v++) [n, sum] = [n + counts[v]!, sum + v * counts[v]!];
        return { n, mean: sum / n };
      };
      const [dark, light] = [part(0, split), part(split, 256)];
      return dark.n * light.n * (dark.mean - light.mean) ** 2;
    };
    let best = 1;
    for (let split = 2; split < 256; split++) if (between(split) > between(best)) best = split;
    expect(resolve("otsu_threshold", grayStatistics(counts))[1]).toEqual({
      op: "threshold",
      level: best - 0.5,
    });
  });

  test.each([8, 16] as const)(
    "one tone or none, %d bit: the picture stays, or splits in the middle",
    (depth) => {
      for (const counts of [{}, { 0: 9 }, { 77: 9 }, { 255: 9 }]) {
        const statistics = grayStatistics(counts, depth);
        for (const op of ["equalize", "auto_contrast", "auto_levels", "auto_contrast(cutoff=49)"])
          expect(resolve(op, statistics)).toEqual([]);
        expect(resolve("otsu_threshold", statistics)).toEqual([
          { op: "grayscale" },
          { op: "threshold", level: 128 },
        ]);
      }
    },
  );

  test("every step that they resolve to is valid as it stands", () => {
    for (const depth of [8, 16] as const) {
      const statistics = grayStatistics({ 0: 1, 3: 100, 200: 7, 255: 1 }, depth);
      for (const op of ["equalize", "auto_contrast", "auto_levels", "otsu_threshold", "contrast"]) {
        const steps = resolve(op, statistics);
        expect(steps).not.toEqual([]);
        expect(parsePipeline(steps)).toEqual(steps);
      }
    }
  });
});

const bump = (v: number, centre: number): number => Math.round(1000 * Math.exp(-((v - centre) ** 2) / 800));
