import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchRecord, readRecords, writeRecords } from "../../bench/record.ts";

const MAIN = join(import.meta.dir, "..", "..", "bench", "main.ts");
const folder = mkdtempSync(join(tmpdir(), "tessera-command-"));
const at = (name: string) => join(folder, name);
const TINY = ["payload", "--quick", "--repeats", "1"];
let measured: BenchRecord;

async function bench(...args: string[]) {
  const child = Bun.spawn([process.execPath, MAIN, ...args], { stdout: "pipe", stderr: "pipe" });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, status };
}

/** The same record, as if every ratio had been `factor` times what it was. */
const scaled = (factor: number): BenchRecord => ({
  ...measured,
  metrics: measured.metrics.map((metric) => ({
    ...metric,
    value: metric.better === "lower" ? metric.value * factor : metric.value / factor,
  })),
});

beforeAll(async () => {
  const { status } = await bench(...TINY, "--json", at("now.json"), "--html", at("report.html"));
  expect(status).toBe(0);
  measured = readRecords(at("now.json"))[0]!;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("bench writes a record and a report", () => {
  expect(measured).toMatchObject({ name: "payload", effort: "quick", faults: [] });
  const html = readFileSync(at("report.html"), "utf8");
  for (const said of ["<svg", "encode over zstd", measured.environment.cpu]) expect(html).toContain(said);
});

test("bench --compare succeeds beside a slower baseline, and fails beside a quicker one", async () => {
  writeRecords(at("slow.json"), scaled(100));
  writeRecords(at("quick.json"), scaled(0.01));
  const better = await bench(...TINY, "--compare", at("slow.json"));
  expect(better).toMatchObject({ status: 0, err: "" });
  expect(better.out).toContain("better");
  const worse = await bench(...TINY, "--compare", at("quick.json"), "--html", at("compared.html"));
  expect(worse.status).toBe(1);
  expect(worse.out).toContain("worse");
  expect(readFileSync(at("compared.html"), "utf8")).toContain("Compared with the baseline");
});

test("bench --json - prints records alone", async () => {
  const { out, status } = await bench(...TINY, "--json", "-");
  expect([status, JSON.parse(out)[0].name]).toEqual([0, "payload"]);
});

test("bench says what it does not understand, before it measures", async () => {
  const unheard = await bench("unheard");
  expect(unheard.status).toBe(2);
  expect(unheard.err).toContain("There is no bench 'unheard'. There is: ops, payload,");
  expect(await bench("ops", "--compare", at("none.json"))).toMatchObject({ status: 2, out: "" });
  expect((await bench("--help")).out).toContain("--threshold");
});
