import { expect, test } from "bun:test";
import { RESULTS } from "../../bench/benches.ts";
import { readRecords } from "../../bench/record.ts";
import { withFigures } from "../../bench/report/figures.ts";
import { readSource } from "../support/sources.ts";
import { metric, record } from "./records.ts";

test("the README's figures are those of the records that are kept ('bun run figures' writes them)", () => {
  const readme = readSource("README.md");
  expect(withFigures(readme, readRecords(RESULTS))).toBe(readme);
});

test("every record that is kept can be read", () => {
  for (const { metrics } of readRecords(RESULTS)) expect(metrics.length).toBeGreaterThan(0);
});

test("figures are filled in between their marks, and only there", () => {
  const page = "before\n<!-- figures engine -->\nold\n<!-- end of figures -->\nafter\n";
  const of = record("engine", [
    metric("wall/12 MP, invert", 1234, { unit: "ms", kind: "absolute" }),
    metric("wall over libvips/12 MP, invert", 0.5, { spread: { min: 0.4, max: 0.6, mad: 0.05, runs: 5 } }),
  ]);
  const filled = withFigures(page, [of]);
  expect(filled).toContain("| 12 MP, invert | 1.23 s ");
  expect(filled).toContain("0.50 (0.40–0.60)");
  expect(filled).toStartWith("before\n<!-- figures engine -->\n");
  expect(filled).toEndWith("<!-- end of figures -->\nafter\n");
  expect(filled).not.toContain("old");
  expect(withFigures(filled, [of])).toBe(filled);
  expect(withFigures(page, [])).toContain("Not measured yet");
});
