import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBench } from "../../bench/bench.ts";
import { readCommand } from "../../bench/command.ts";
import { metricOf, parseRecord, readRecords, recordText, writeRecords } from "../../bench/record.ts";
import { metric, record } from "./records.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-record-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ABOUT = { id: "a/b", unit: "ms", better: "lower", kind: "absolute" } as const;

test("a figure is a median, with its spread if there were several runs", () => {
  expect(metricOf(ABOUT, [3])).toEqual({ ...ABOUT, value: 3 });
  expect(metricOf(ABOUT, [3, 1, 2])).toEqual({
    ...ABOUT,
    value: 2,
    spread: { min: 1, max: 3, mad: 1, runs: 3 },
  });
});

test("records are read from a file of one, a file of several, and a folder", () => {
  const [a, b] = [record("ops", [metric("a/b", 1.23456789)]), record("engine", [])];
  writeRecords(join(folder, "a.json"), a);
  writeRecords(join(folder, "b.json"), [a, b]);
  expect(readRecords(join(folder, "a.json"))[0]!.metrics[0]!.value).toBe(1.23457);
  expect(readRecords(folder).map(({ name }) => name)).toEqual(["ops", "ops", "engine"]);
  expect(() => readRecords(join(folder, "none.json"))).toThrow("no record at");
});

test("what is no record is refused with the place that is wrong", () => {
  const wrong = { ...record("ops", []), metrics: [{ id: "a/b" }] };
  expect(() => parseRecord(wrong, "baseline.json")).toThrow(
    "baseline.json is no record of a bench: at '/metrics/0/",
  );
  const unnamed = record("ops", [metric("without a group", 1)]);
  expect(() => parseRecord(unnamed, "it")).toThrow("/metrics/0/id");
});

test("running a bench makes a record that says where it was run", async () => {
  const { options } = readCommand([]);
  const bench = { name: "tiny", about: "", minutes: undefined };
  const { record: made, text } = await runBench(
    { ...bench, run: async () => ({ metrics: [metric("a/b", 1)], rows: [1], text: "said" }) },
    options,
  );
  const read = parseRecord(JSON.parse(recordText(made)), "it");
  expect(text).toBe("said");
  expect(read.effort).toBe("usual");
  const { cores, versions, load, date } = read.environment;
  expect(cores).toBeGreaterThan(0);
  for (const name of ["bun", "sharp", "kafka", "kafkajs"]) expect(versions[name]).toMatch(/^\d+\.\d+\.\d+$/);
  expect(Math.min(load.before, load.after)).toBeGreaterThanOrEqual(0);
  expect(Date.parse(date)).toBeGreaterThan(0);
});

test("the command line knows benches from photographs, and says what is wrong", () => {
  const { names, options, threshold, json } = readCommand(
    "payload photos/a.jpg --repeats 3 --threshold 5% --json - --workers 1,8 --ops cheap,dear".split(" "),
  );
  expect({ names, threshold, json }).toEqual({ names: ["payload"], threshold: 0.05, json: "-" });
  expect(options).toMatchObject({
    effort: "full",
    repeats: 3,
    files: ["photos/a.jpg"],
    workers: [1, 8],
    ops: ["cheap", "dear"],
  });
  expect(readCommand([]).options.effort).toBe("usual");
  expect(readCommand(["ops", "--quick"]).options.effort).toBe("quick");
  for (const args of [
    ["--bus", "van"],
    ["--minutes", "0"],
    ["--repeats", "x"],
    ["--threshold", ""],
    ["--unheard-of"],
  ])
    expect(() => readCommand(args)).toThrow();
});
