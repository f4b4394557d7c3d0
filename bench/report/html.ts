import type { BenchRecord, Metric } from "../record.ts";
import { type Change, changesText } from "./compare.ts";
import { barPlot, escaped, linePlot } from "./plots.ts";
import { shortNumber } from "./table.ts";

/** Plots of more bars cannot be read; the table has them all. */
const BARS_MAX = 60;

export interface Reported {
  readonly record: BenchRecord;
  /** As the terminal shows it. */
  readonly text?: string;
}

export interface Compared {
  readonly changes: readonly Change[];
  readonly threshold: number;
}

/** One page that needs nothing else: no script, no other file. */
export function htmlReport(reported: readonly Reported[], compared?: Compared): string {
  const sections = reported.map(section).join("\n");
  const comparison =
    compared === undefined
      ? ""
      : `<section><h2>Compared with the baseline</h2><pre>${escaped(changesText(compared.changes, compared.threshold))}</pre></section>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tessera: benchmarks</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Tessera: benchmarks</h1>
${comparison}
${sections}
</body>
</html>
`;
}

function section({ record, text }: Reported): string {
  const { name, metrics, series, faults } = record;
  const groups = Map.groupBy(metrics, ({ id }) => headOf(id));
  const plots = [...groups].map(([group, ofGroup]) =>
    barPlot({
      title: group,
      unit: ofGroup[0]!.unit,
      bars: ofGroup.slice(0, BARS_MAX).map(barOf),
      ...(ofGroup[0]!.kind === "ratio" && { mark: 1 }),
    }),
  );
  const lines = [...Map.groupBy(series, ({ id }) => headOf(id))].map(([title, ofPlot]) =>
    linePlot({
      ...{ title, x: ofPlot[0]!.x, y: ofPlot[0]!.y },
      lines: ofPlot.map(({ id, points }) => ({ name: tailOf(id), points })),
    }),
  );
  return [
    `<section><h2>${escaped(name)}</h2>`,
    `<p class="where">${escaped(whereText(record))}</p>`,
    ...faults.map((fault) => `<p class="fault">${escaped(fault)}</p>`),
    ...lines,
    ...plots,
    ...(text === undefined ? [] : [`<pre>${escaped(text)}</pre>`]),
    `<details><summary>${metrics.length} figures</summary>${metricsTable(metrics)}</details>`,
    "</section>",
  ].join("\n");
}

const headOf = (id: string): string => id.slice(0, id.indexOf("/"));
export const tailOf = (id: string): string => id.slice(id.indexOf("/") + 1);

const barOf = ({ id, value, spread }: Metric) => ({
  label: tailOf(id),
  value,
  ...(spread && { min: spread.min, max: spread.max }),
});

/** The machine, the versions and the day. */
export function whereText({ environment, effort }: BenchRecord): string {
  const { cpu, cores, memoryBytes, platform, versions, load, date, revision } = environment;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${platform}`,
    named.join(", "),
    `load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`,
    `${date.slice(0, 10)}${revision === undefined ? "" : ` at ${revision}`}, ${effort}`,
  ].join("; ");
}

function metricsTable(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ id, value, unit, better, kind, spread }) => {
    const range = spread && `${shortNumber(spread.min)}–${shortNumber(spread.max)}`;
    const mad = spread && `${shortNumber(spread.mad)}, ${spread.runs} runs`;
    const cells = [id, shortNumber(value), unit, range ?? "", mad ?? "", `${better} is better`, kind];
    return `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  });
  const names = ["", "median", "unit", "range", "MAD", "", ""];
  return `<table><tr>${names.map((name) => `<th>${name}</th>`).join("")}</tr>${rows.join("")}</table>`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #d9dee6; --bar: #3b74b9; --fault: #b3261e;
  --c0: #3b74b9; --c1: #c2571a; --c2: #2f8f5b; --c3: #8a4fb0; --c4: #b08a00; --c5: #b3386b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --paper: #14181e; --soft: #333b47; --bar: #6aa3e8; --fault: #ff8a80;
    --c0: #6aa3e8; --c1: #f0935a; --c2: #63c592; --c3: #c08be0; --c4: #dfbf4a; --c5: #ef7fae; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
svg { display: block; width: 100%; margin: 1rem 0; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .title { font-weight: 600; font-size: 13px; }
.bar { fill: var(--bar); } .whisker, .mark { fill: none; stroke: var(--ink); } .mark { stroke-dasharray: 3 3; }
.grid { stroke: var(--soft); } .line { fill: none; stroke-width: 2; }
${[0, 1, 2, 3, 4, 5].map((i) => `.s${i} { stroke: var(--c${i}); } .c${i} { fill: var(--c${i}); }`).join("\n")}
pre { overflow-x: auto; font-size: 12px; border: 1px solid var(--soft); padding: .75rem; }
table { border-collapse: collapse; font-size: 12px; } td, th { padding: 2px 8px; text-align: left; border-bottom: 1px solid var(--soft); }
.where { font-size: 13px; opacity: .8; } .fault { color: var(--fault); font-weight: 600; }
`;
