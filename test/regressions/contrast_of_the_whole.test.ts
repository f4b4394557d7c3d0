import { expect, test } from "bun:test";
import { at, painted, processed } from "./engine.ts";

test("P1: contrast spreads about the mean of the whole image, not of each tile", async () => {
  // Dark tiles on the left, bright ones on the right: no tile's mean is the image's.
  const image = painted(
    { width: 256, height: 128 },
    1,
    (x, y) => Math.floor(x / 2) + 40 + ((x + y) % 2) * 20,
  );
  const mean = image.data.reduce((sum, v) => sum + v, 0) / image.data.length;
  const made = await processed(image, "contrast(factor=1.5)");
  for (let y = 0; y < 128; y += 7)
    for (let x = 0; x < 256; x++) {
      const expected = Math.min(255, Math.max(0, mean + 1.5 * (at(image, x, y) - mean)));
      expect(Math.abs(at(made, x, y) - expected)).toBeLessThanOrEqual(0.51);
    }
});

test.each(["auto_contrast", "equalize"])("P1: %s too sees the whole image", async (op) => {
  const image = painted({ width: 256, height: 128 }, 1, (x) => 60 + Math.floor(x / 4));
  const made = await processed(image, op);
  // Brighter stays brighter all the way across the tiles, from the darkest to the brightest there is.
  for (let x = 1; x < 256; x++) expect(at(made, x, 50)).toBeGreaterThanOrEqual(at(made, x - 1, 50));
  expect(at(made, 255, 0)).toBe(255);
  expect(at(made, 0, 0)).toBeLessThan(10);
});
