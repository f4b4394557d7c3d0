import { describe, expect, test } from "bun:test";
import { compareRecords } from "../../bench/report/compare.ts";
import { htmlReport } from "../../bench/report/html.ts";
import { barPlot, linePlot, niceEnd } from "../../bench/report/plots.ts";
import { metric, record } from "./records.ts";

const widthsOf = (svg: string) =>
  [...svg.matchAll(/class="bar"[^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe("plots", () => {
  test("of bars are to scale from 0, with a whisker over the range and a line at the mark", () => {
    const svg = barPlot({
      ...{ title: "a < b", unit: "×", mark: 1 },
      bars: [
        { label: "half", value: 0.5 },
        { label: "two", value: 2, min: 1.5, max: 4 },
      ],
    });
    const [half, two] = widthsOf(svg);
    expect(two! / half!).toBeCloseTo(4, 1);
    expect(svg.match(/class="whisker"/g)).toHaveLength(1);
    expect(svg).toContain('class="mark"');
    expect(svg).toContain("a &lt; b");
  });

  test("of bars stand nothing on its head when all is 0", () => {
    expect(widthsOf(barPlot({ title: "", unit: "", bars: [{ label: "none", value: 0 }] }))).toEqual([0]);
  });

  test("of lines keep their points inside the axes", () => {
    const svg = linePlot({
      ...{ title: "speed", x: "nodes", y: "tiles/s" },
      lines: [
        {
          name: "one",
          points: [
            [1, 10],
            [64, 640],
          ],
        },
        { name: "empty", points: [] },
      ],
    });
    for (const [, x, y] of svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)) {
      expect(Number(x)).toBeWithin(70, 611);
      expect(Number(y)).toBeWithin(38, 259);
    }
    expect(svg).toContain("empty");
    expect(svg).not.toContain("NaN");
  });

  test("have axes that end at a round number", () => {
    expect([0, 0.75, 1, 11, 24, 260, 99_000].map(niceEnd)).toEqual([1, 0.8, 1, 15, 25, 300, 100_000]);
  });
});

describe("the report", () => {
  const of = record(
    "engine",
    [metric("wall over libvips/12 MP, <b>", 0.8, { spread: { min: 0.7, max: 0.9, mad: 0.01, runs: 5 } })],
    {
      series: [
        {
          id: "memory over time/master",
          x: "minutes",
          y: "MiB",
          points: [
            [0, 1],
            [1, 2],
          ],
        },
      ],
      faults: ["1 of 2 jobs were lost."],
    },
  );
  const changes = compareRecords([of], [of], 0.1);
  const html = htmlReport([{ record: of, text: "a table & more" }], { changes, threshold: 0.1 });

  test("is one file without scripts that needs no other, for light and dark", () => {
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=|https?:/i);
    expect(html).toContain("prefers-color-scheme: dark");
    expect(html.match(/<svg/g)).toHaveLength(2);
  });

  test("says where, what and how it compares, with nothing taken for markup", () => {
    for (const said of [
      "abacus",
      "2026-01-02",
      "a table &amp; more",
      "1 of 2 jobs",
      "12 MP, &lt;b&gt;",
      "0 are worse",
    ])
      expect(html).toContain(said);
    expect(html).not.toContain("<b>");
  });
});
