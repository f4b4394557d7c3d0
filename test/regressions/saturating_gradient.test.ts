import { expect, test } from "bun:test";
import { at, painted, processed } from "./engine.ts";

test("P1: a gradient beyond 255 stays at 255 and does not begin again at 0", async () => {
  // A step of s has a Sobel gradient of 4·s: 64 and more is beyond the range.
  for (const step of [10, 63, 64, 65, 128, 200, 255]) {
    const image = painted({ width: 140, height: 70 }, 1, (x) => (x < 64 ? 0 : step));
    const made = await processed(image, "edge_detection");
    for (const x of [63, 64]) expect(at(made, x, 35)).toBe(Math.min(255, 4 * step));
    for (const x of [0, 62, 65, 139]) expect(at(made, x, 35)).toBe(0);
  }
});

test("P1: a sharpened edge stays black and white", async () => {
  const image = painted({ width: 140, height: 70 }, 1, (x) => (x < 64 ? 100 : 200));
  const made = await processed(image, "sharpen");
  expect([62, 63, 64, 65].map((x) => at(made, x, 35))).toEqual([100, 0, 255, 200]);
});
