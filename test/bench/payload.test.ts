import { expect, test } from "bun:test";
import { benchPayload, printPayload } from "../../bench/payload.ts";

test("the bench of the payload runs over every format, and prints a line for each", async () => {
  const record = await benchPayload({ side: 32, tilesMax: 2, repeats: 1, warmups: 0, layouts: 2, files: [] });
  const text = printPayload(record);
  for (const name of ["gray8", "RGB8", "RGBA8", "RGB16"]) expect(text).toContain(name);
  for (const row of record.rows) {
    expect(row.tiles).toBe(2);
    expect(row.ratio).toBeGreaterThan(0.9);
    expect(row.encodeMs).toBeGreaterThan(0);
  }
});
