import { expect, test } from "bun:test";
import { benchOps, printOps } from "../../bench/ops.ts";
import { allOps } from "../../shared/ops/registry.ts";

test("the bench of the ops runs over every op on one thread and on all, and prints a line for each", async () => {
  const record = await benchOps({
    side: 16,
    repeats: 1,
    warmups: 0,
    warmMs: 0,
    layouts: 2,
    formats: ["RGB8", "RGBA8"],
    threads: 2,
  });
  const text = printOps(record);
  for (const { name } of allOps()) {
    for (const threads of [1, 2])
      expect(
        record.rows.some(
          (row) => row.op.split("(")[0] === name && row.engine === "own" && row.threads === threads,
        ),
      ).toBe(true);
    expect(record.metrics.some(({ id }) => id.startsWith(`own over the yardstick/${name}`))).toBe(true);
    expect(text).toContain(name);
  }
  for (const row of record.rows) expect(row.ms).toBeGreaterThan(0);
});
