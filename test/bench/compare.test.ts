import { describe, expect, test } from "bun:test";
import { cautions, changesText, compareRecords, failures } from "../../bench/report/compare.ts";
import { metric, record } from "./records.ts";

const THRESHOLD = 0.1;
const spread = (mad: number, runs = 9) => ({ spread: { min: 0, max: 2, mad, runs } });

function verdict(before: Parameters<typeof metric>, after: Parameters<typeof metric>) {
  const [change] = compareRecords(
    [record("ops", [metric(...before)])],
    [record("ops", [metric(...after)])],
    THRESHOLD,
  );
  return change!.verdict;
}

describe("a comparison of two records", () => {
  test("finds a record the same as itself", () => {
    const one = record("ops", [metric("a/b", 1, spread(0.1)), metric("a/c", 5), metric("a/zero", 0)]);
    const changes = compareRecords([one], [one], THRESHOLD);
    expect(changes.map(({ verdict }) => verdict)).toEqual(["same", "same", "same"]);
    expect(failures(changes)).toEqual([]);
    expect(changesText(changes, THRESHOLD)).toBe("3 ratios are as they were within 10 %; 0 are worse.");
  });

  test("judges by the threshold, in the direction that is better", () => {
    expect(verdict(["a/b", 1], ["a/b", 1.09])).toBe("same");
    expect(verdict(["a/b", 1], ["a/b", 1.2])).toBe("worse");
    expect(verdict(["a/b", 1], ["a/b", 0.8])).toBe("better");
    const higher = { better: "higher" } as const;
    expect(verdict(["a/b", 1, higher], ["a/b", 0.8, higher])).toBe("worse");
    expect(verdict(["a/b", 1, higher], ["a/b", 1.2, higher])).toBe("better");
  });

  test("calls nothing worse that the spread of the runs explains", () => {
    expect(verdict(["a/b", 1, spread(0.01)], ["a/b", 1.2, spread(0.01)])).toBe("worse");
    expect(verdict(["a/b", 1, spread(0.3)], ["a/b", 1.2, spread(0.3)])).toBe("same");
    // More runs know it better.
    expect(verdict(["a/b", 1, spread(0.08, 4)], ["a/b", 1.2, spread(0.08, 4)])).toBe("same");
    expect(verdict(["a/b", 1, spread(0.08, 100)], ["a/b", 1.2, spread(0.08, 100)])).toBe("worse");
  });

  test("only shows absolutes, and what has come or gone", () => {
    const absolute = { kind: "absolute" } as const;
    const before = record("ops", [metric("ms/b", 1, absolute), metric("a/gone", 1)]);
    const after = record("ops", [metric("ms/b", 9, absolute), metric("a/new", 1)]);
    const changes = compareRecords([before], [after], THRESHOLD);
    expect(changes.map(({ verdict }) => verdict)).toEqual(["worse", "new", "gone"]);
    expect(failures(changes)).toEqual([]);
    const text = changesText(changes, THRESHOLD);
    for (const said of ["worse (shown only)", "+800 %", "gone", "new"]) expect(text).toContain(said);
  });

  test("leaves out what the baseline does not have, and says so, and of another machine too", () => {
    const now = record("ops", [metric("a/b", 1)]);
    expect(compareRecords([], [now], THRESHOLD)).toEqual([]);
    expect(cautions([], [now])[0]).toContain("does not have it");
    const elsewhere = { ...now, environment: { ...now.environment, cores: 64 } };
    expect(cautions([elsewhere], [now])[0]).toContain("another machine");
    expect(cautions([now], [now])).toEqual([]);
  });
});
