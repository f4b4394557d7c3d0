import { describe, expect, test } from "bun:test";
import { run, runImage } from "./run.ts";

// 1 2 3
// 4 5 6
const SIX = [1, 2, 3, 4, 5, 6];

describe("moves", () => {
  test.each([
    ["rotate_90", 2, [4, 1, 5, 2, 6, 3]],
    ["rotate", 2, [4, 1, 5, 2, 6, 3]],
    ["rotate(angle=180)", 3, [6, 5, 4, 3, 2, 1]],
    ["rotate(angle=270)", 2, [3, 6, 2, 5, 1, 4]],
    ["flip", 3, [4, 5, 6, 1, 2, 3]],
    ["flop", 3, [3, 2, 1, 6, 5, 4]],
    ["crop(x=1, y=0, width=2, height=2)", 2, [2, 3, 5, 6]],
    ["crop(x=2, y=1, width=9, height=9)", 1, [6]],
    ["crop(x=9, y=9, width=9, height=9)", 1, [6]],
    ["pad(left=1, top=1, color=#808080)", 4, [128, 128, 128, 128, 128, 1, 2, 3, 128, 4, 5, 6]],
    ["pad(right=1, bottom=1)", 4, [1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0]],
    ["pad(left=1, bottom=1, mode=edge)", 4, [1, 1, 2, 3, 4, 4, 5, 6, 4, 4, 5, 6]],
    ["pad(top=2, right=1, mode=edge)", 4, [1, 2, 3, 3, 1, 2, 3, 3, 1, 2, 3, 3, 4, 5, 6, 6]],
    ["pad", 3, SIX],
  ])("%s", (pipeline, width, samples) => {
    const height = samples.length / width;
    expect(runImage(pipeline, SIX, { width: 3 })).toEqual({ width, height, samples });
  });

  test.each([1, 2, 3, 4] as const)("whole pixels of %d channels move, at both depths", (channels) => {
    for (const depth of [8, 16] as const) {
      const pixel = (n: number) =>
        Array.from({ length: channels }, (_, c) => 40 * n + c + (depth === 16 ? 5000 : 0));
      const given = { width: 3, channels, depth } as const;
      const moved = (pipeline: string) => run(pipeline, SIX.flatMap(pixel), given);
      expect(moved("rotate_90")).toEqual([4, 1, 5, 2, 6, 3].flatMap(pixel));
      expect(moved("rotate(angle=270)")).toEqual([3, 6, 2, 5, 1, 4].flatMap(pixel));
      expect(moved("rotate(angle=180)")).toEqual([6, 5, 4, 3, 2, 1].flatMap(pixel));
      expect(moved("flip")).toEqual([4, 5, 6, 1, 2, 3].flatMap(pixel));
      expect(moved("flop")).toEqual([3, 2, 1, 6, 5, 4].flatMap(pixel));
      expect(moved("resize(width=1, height=2, kernel=nearest)")).toEqual([2, 5].flatMap(pixel));
      expect(moved("pad(right=1, mode=edge)")).toEqual([1, 2, 3, 3, 4, 5, 6, 6].flatMap(pixel));
    }
  });

  test("four quarter turns, two mirrors, and a pad that is cropped off change nothing", () => {
    const samples = Array.from({ length: 70 * 67 * 3 }, (_, i) => (i * 31) % 251);
    const given = { width: 70, channels: 3 } as const;
    const same = [
      ...["rotate_90 | rotate_90 | rotate_90 | rotate_90", "rotate(angle=180) | flip | flop"],
      ...[
        "rotate(angle=270) | rotate_90",
        "pad(left=5, top=9, right=2) | crop(x=5, y=9, width=70, height=67)",
      ],
    ];
    for (const pipeline of same)
      expect(runImage(pipeline, samples, given)).toEqual({ width: 70, height: 67, samples });
  });
});

describe("pad's colour", () => {
  test.each([
    ["#102030", 1, 8, [29]], // 0.299 · 16 + 0.587 · 32 + 0.114 · 48 = 29.04
    ["#10203040", 3, 8, [16, 32, 48]],
    ["#10203040", 4, 8, [16, 32, 48, 64]],
    ["#ffffff", 2, 8, [255, 255]],
    ["#ff0001", 4, 16, [65535, 0, 257, 65535]],
  ] as const)("%s in %d channels of %d bit", (color, channels, depth, pixel) => {
    const given = Array.from({ length: channels }, () => 7);
    const padded = run(`pad(right=1, color=${color})`, given, { width: 1, channels, depth });
    expect(padded).toEqual([...given, ...pixel]);
  });
});
