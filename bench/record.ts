import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { median, spreadOf } from "./stats.ts";

const FORMAT = 1;

const SpreadSchema = Type.Object({
  min: Type.Number(),
  max: Type.Number(),
  mad: Type.Number(),
  runs: Type.Integer({ minimum: 1 }),
});

/**
 * One figure. Its id is `group/label`: the figures of a group share a unit and are drawn together. A ratio compares two
 * things of one run, and so holds from run to run; an absolute depends on the machine and its load.
 */
const MetricSchema = Type.Object({
  id: Type.String({ pattern: "^[^/]+/.+$" }),
  value: Type.Number(),
  unit: Type.String(),
  better: Type.Union([Type.Literal("lower"), Type.Literal("higher")]),
  kind: Type.Union([Type.Literal("ratio"), Type.Literal("absolute")]),
  /** Nothing where there was one run. */
  spread: Type.Optional(SpreadSchema),
});

/** A line in a plot. Its id is `plot/name`; x and y say what stands on the axes, with the unit. */
const SeriesSchema = Type.Object({
  id: Type.String({ pattern: "^[^/]+/.+$" }),
  x: Type.String(),
  y: Type.String(),
  points: Type.Array(Type.Tuple([Type.Number(), Type.Number()])),
});

const EnvironmentSchema = Type.Object({
  cpu: Type.String(),
  cores: Type.Integer({ minimum: 1 }),
  memoryBytes: Type.Number(),
  platform: Type.String(),
  versions: Type.Record(Type.String(), Type.String()),
  /** Of the last minute: processes that ran or wanted to. */
  load: Type.Object({ before: Type.Number(), after: Type.Number() }),
  date: Type.String(),
  revision: Type.Optional(Type.String()),
});

const RecordSchema = Type.Object({
  format: Type.Literal(FORMAT),
  name: Type.String({ pattern: "^[a-z]+$" }),
  effort: Type.Union([Type.Literal("quick"), Type.Literal("usual"), Type.Literal("full")]),
  environment: EnvironmentSchema,
  metrics: Type.Array(MetricSchema),
  series: Type.Array(SeriesSchema),
  /** What the bench failed by; empty if by nothing. */
  faults: Type.Array(Type.String()),
  /** The bench's own. */
  rows: Type.Unknown(),
});

export type Metric = Static<typeof MetricSchema>;
export type Series = Static<typeof SeriesSchema>;
export type Environment = Static<typeof EnvironmentSchema>;
/** What one bench found in one run: all comparisons, tables, plots and figures are made of it. */
export type BenchRecord = Static<typeof RecordSchema>;

/** A metric from the values of all runs: their median, and their spread if there are several. */
export function metricOf(about: Omit<Metric, "value" | "spread">, values: readonly number[]): Metric {
  const value = median(values);
  return values.length > 1 ? { ...about, value, spread: spreadOf(values) } : { ...about, value };
}

export const newRecord = (of: Omit<BenchRecord, "format">): BenchRecord => ({ format: FORMAT, ...of });

/** @throws Error that names what does not fit */
export function parseRecord(value: unknown, from: string): BenchRecord {
  const fault = Value.Errors(RecordSchema, value).First();
  if (fault !== undefined)
    throw new Error(`${from} is no record of a bench: at '${fault.path}', ${fault.message.toLowerCase()}.`);
  return value as BenchRecord;
}

/** The records of a file, which holds one or a list, or of a folder's files. @throws Error for anything else */
export function readRecords(path: string): BenchRecord[] {
  if (!existsSync(path)) throw new Error(`There is no record at ${path}.`);
  if (statSync(path).isDirectory())
    return readdirSync(path)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .flatMap((name) => readRecords(join(path, name)));
  const held: unknown = JSON.parse(readFileSync(path, "utf8"));
  return (Array.isArray(held) ? held : [held]).map((one) => parseRecord(one, path));
}

/** Figures to six digits: more say nothing, and make differences between records unreadable. */
export function recordText(held: BenchRecord | readonly BenchRecord[]): string {
  const round = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
  return `${JSON.stringify(held, round, 2)}\n`;
}

export function writeRecords(path: string, held: BenchRecord | readonly BenchRecord[]): void {
  writeFileSync(path, recordText(held));
}
