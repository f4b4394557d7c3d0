/**
 * The figures in the README, from the records that are kept. Between `<!-- figures NAME -->` and `<!-- end of figures -->`
 * stands what the record of that bench says; `bun run figures` writes it anew.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { RESULTS } from "../benches.ts";
import { type BenchRecord, type Metric, readRecords } from "../record.ts";
import { tailOf } from "./html.ts";
import { shortNumber } from "./table.ts";

const README = new URL("../../README.md", import.meta.url).pathname;
const PLACE = /(<!-- figures (\w+) -->\n)[\s\S]*?(<!-- end of figures -->)/g;

/** The same text with every place of figures filled. @throws Error for a place of a bench without figures here */
export function withFigures(text: string, records: readonly BenchRecord[]): string {
  return text.replace(PLACE, (_, begin: string, name: string, end: string) => {
    const tables = TABLES[name];
    if (tables === undefined) throw new Error(`There are no figures of '${name}'.`);
    const record = records.find((each) => each.name === name);
    const filled =
      record === undefined
        ? `_Not measured yet: \`bun run bench ${name} --save\`._`
        : figuresOf(record, tables);
    return `${begin}\n${filled}\n\n${end}`;
  });
}

interface Column {
  readonly title: string;
  /** The metrics' group. */
  readonly group: string;
  readonly show: (metric: Metric) => string;
}

interface Table {
  readonly first: string;
  readonly columns: readonly Column[];
}

const seconds = ({ value }: Metric): string => `${(value / 1000).toFixed(2)} s`;
const withUnit = ({ value, unit }: Metric): string => `${shortNumber(value)} ${unit}`;
const mib = ({ value }: Metric): string => `${value.toFixed(0)} MiB`;
const percent = ({ value }: Metric): string => `${(100 * value).toFixed(0)} %`;

function withRange({ value, spread }: Metric): string {
  const range = spread === undefined ? "" : ` (${spread.min.toFixed(2)}–${spread.max.toFixed(2)})`;
  return `${value.toFixed(2)}${range}`;
}

const TABLES: Readonly<Record<string, readonly Table[]>> = {
  engine: [
    {
      first: "JPEG to JPEG",
      columns: [
        { title: "Tessera", group: "wall", show: seconds },
        { title: "one libvips process", group: "libvips' wall", show: seconds },
        { title: "ratio", group: "wall over libvips", show: withRange },
        { title: "peak memory", group: "peak memory", show: mib },
        { title: "libvips'", group: "libvips' peak memory", show: mib },
      ],
    },
  ],
  memory: [
    {
      first: "TIFF, blurred, to JPEG",
      columns: [
        { title: "peak memory", group: "peak memory", show: mib },
        { title: "time a megapixel", group: "time a megapixel", show: withUnit },
      ],
    },
  ],
  kafka: [
    {
      first: "blur(sigma=5) over Kafka",
      columns: [
        { title: "speed", group: "speed", show: withUnit },
        { title: "on the wire", group: "wire", show: withUnit },
        { title: "CPU over the bare transform", group: "CPU over the bare transform", show: withRange },
      ],
    },
    {
      first: "tiles that take time but no core",
      columns: [{ title: "scaling efficiency", group: "efficiency", show: percent }],
    },
  ],
};

function figuresOf(record: BenchRecord, tables: readonly Table[]): string {
  return [...tables.map((table) => markdown(record, table)), `_${caption(record)}_`].join("\n\n");
}

function markdown({ metrics }: BenchRecord, { first, columns }: Table): string {
  const labels = metrics
    .filter(({ id }) => id.startsWith(`${columns[0]!.group}/`))
    .map(({ id }) => tailOf(id));
  const cell = (label: string, { group, show }: Column) => {
    const metric = metrics.find(({ id }) => id === `${group}/${label}`);
    return metric === undefined ? "" : show(metric);
  };
  const rows = [
    [first, ...columns.map(({ title }) => title)],
    ...labels.map((label) => [label, ...columns.map((column) => cell(label, column))]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((text, i) => text.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join("\n");
}

function caption({ environment, metrics, effort }: BenchRecord): string {
  const { cpu, cores, versions, load, date } = environment;
  const runs = metrics.find(({ spread }) => spread !== undefined)?.spread?.runs;
  return [
    `${cpu}, ${cores} cores, load ${load.before.toFixed(1)}`,
    `Bun ${versions.bun}, sharp ${versions.sharp}`,
    ...(runs === undefined ? [] : [`medians of ${runs} runs by turns, in brackets the extremes`]),
    `${date.slice(0, 10)}${effort === "full" ? "" : ` (${effort})`}.`,
  ].join("; ");
}

if (import.meta.main) writeFileSync(README, withFigures(readFileSync(README, "utf8"), readRecords(RESULTS)));
