import { expect, test } from "bun:test";
import type { Size } from "../../shared/geometry.ts";
import { at, painted, processed } from "./engine.ts";

/** Where a pixel of the result comes from; each tile turned in its place would be wrong nearly everywhere. */
const MOVES: Record<string, (x: number, y: number, source: Size) => [x: number, y: number]> = {
  rotate_90: (x, y, { height }) => [y, height - 1 - x],
  "rotate(angle=180)": (x, y, { width, height }) => [width - 1 - x, height - 1 - y],
  "rotate(angle=270)": (x, y, { width }) => [width - 1 - y, x],
  flip: (x, y, { height }) => [x, height - 1 - y],
  flop: (x, y, { width }) => [width - 1 - x, y],
};

test.each(Object.entries(MOVES))(
  "P1: %s turns the whole image, not each tile in its place",
  async (op, from) => {
    const size = { width: 150, height: 101 };
    const image = painted(size, 3, (x, y, c) => [x, y, (x * 7 + y * 13) & 255][c]!);
    const made = await processed(image, op);
    const turned = op.startsWith("rotate") && !op.includes("180");
    expect([made.rect.width, made.rect.height]).toEqual(turned ? [101, 150] : [150, 101]);
    let wrong = 0;
    for (let y = 0; y < made.rect.height; y++)
      for (let x = 0; x < made.rect.width; x++)
        for (let c = 0; c < 3; c++) if (at(made, x, y, c) !== at(image, ...from(x, y, size), c)) wrong++;
    expect(wrong).toBe(0);
  },
);
