/**
 * Two records of one bench beside each other. Ratios are judged: worse is what has changed by more than the threshold,
 * and by more than the runs themselves lay apart. Absolutes depend on the machine and its load, and are only shown.
 */
import type { BenchRecord, Metric } from "../record.ts";
import { medianError } from "../stats.ts";
import { shortNumber, signedPercent, table } from "./table.ts";

/** By how many standard errors two medians may differ and still be the same. */
const ERRORS = 3;

export type Verdict = "same" | "better" | "worse" | "new" | "gone";

export interface Change {
  readonly bench: string;
  readonly id: string;
  readonly kind: Metric["kind"];
  readonly unit: string;
  readonly before?: number;
  readonly after?: number;
  /** After over before, less one; and what the spread of both would explain. */
  readonly change?: number;
  readonly noise?: number;
  readonly verdict: Verdict;
}

/** All changes, bench by bench; benches that only one side has are left out. */
export function compareRecords(
  baseline: readonly BenchRecord[],
  now: readonly BenchRecord[],
  threshold: number,
): Change[] {
  return now.flatMap((record) => {
    const beside = baseline.find(({ name }) => name === record.name);
    return beside === undefined ? [] : compareOne(beside, record, threshold);
  });
}

function compareOne(baseline: BenchRecord, now: BenchRecord, threshold: number): Change[] {
  const before = new Map(baseline.metrics.map((metric) => [metric.id, metric]));
  const known = now.metrics.map((metric) => changeOf(now.name, before.get(metric.id), metric, threshold));
  const still = new Set(now.metrics.map(({ id }) => id));
  const gone = baseline.metrics.filter(({ id }) => !still.has(id));
  return [
    ...known,
    ...gone.map(({ id, kind, unit, value }) => ({
      ...{ bench: now.name, id, kind, unit, before: value, verdict: "gone" as const },
    })),
  ];
}

function changeOf(bench: string, before: Metric | undefined, after: Metric, threshold: number): Change {
  const { id, kind, unit, value } = after;
  const about = { bench, id, kind, unit, after: value };
  if (before === undefined) return { ...about, verdict: "new" };
  const change = before.value === value ? 0 : value / before.value - 1;
  const noise = noiseOf(before, after);
  const counts = Math.abs(change) > threshold && Math.abs(change) > noise;
  const risen = after.better === "higher" ? "better" : "worse";
  const fallen = after.better === "higher" ? "worse" : "better";
  const verdict = !counts ? "same" : change > 0 ? risen : fallen;
  return { ...about, before: before.value, change, noise, verdict };
}

/** As a share of the value before. */
function noiseOf(before: Metric, after: Metric): number {
  const error = (metric: Metric) => (metric.spread === undefined ? 0 : medianError(metric.spread));
  return (ERRORS * Math.hypot(error(before), error(after))) / Math.abs(before.value);
}

/** What a run fails by. */
export const failures = (changes: readonly Change[]): Change[] =>
  changes.filter(({ kind, verdict }) => kind === "ratio" && verdict === "worse");

/** What has changed, as a table, and how many figures have not. */
export function changesText(changes: readonly Change[], threshold: number): string {
  const shown = changes.filter(({ verdict }) => verdict !== "same");
  const ratios = changes.filter(({ kind, verdict }) => kind === "ratio" && verdict === "same").length;
  const worse = failures(changes).length;
  const rows = shown.map((change) => [
    `${change.bench}: ${change.id}`,
    change.unit,
    change.before === undefined ? "" : shortNumber(change.before),
    change.after === undefined ? "" : shortNumber(change.after),
    change.change === undefined ? "" : signedPercent(change.change),
    change.noise === undefined ? "" : `±${(100 * change.noise).toFixed(0)} %`,
    change.kind === "ratio" ? change.verdict : `${change.verdict} (shown only)`,
  ]);
  const header = ["beyond the threshold and the spread", "unit", "before", "now", "change", "spread", ""];
  return [
    ...(rows.length > 0 ? [table(header, rows)] : []),
    `${ratios} ratios are as they were within ${(100 * threshold).toFixed(0)} %; ${worse} are worse.`,
  ].join("\n");
}

/** What makes the comparison weaker than it looks; nothing if nothing does. */
export function cautions(baseline: readonly BenchRecord[], now: readonly BenchRecord[]): string[] {
  return now.flatMap((record) => {
    const beside = baseline.find(({ name }) => name === record.name);
    if (beside === undefined) return [`${record.name}: the baseline does not have it.`];
    const [a, b] = [beside.environment, record.environment];
    if (a.cpu === b.cpu && a.cores === b.cores && a.platform === b.platform) return [];
    return [`${record.name}: the baseline is of another machine (${a.cpu}, ${a.cores} cores).`];
  });
}
