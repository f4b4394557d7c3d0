import { type BenchRecord, type Metric, newRecord } from "../../bench/record.ts";

/** A ratio of which less is better, unless said otherwise. */
export const metric = (id: string, value: number, changes: Partial<Metric> = {}): Metric => ({
  ...{ id, value, unit: "×", better: "lower", kind: "ratio" },
  ...changes,
});

export const record = (name: string, metrics: Metric[], changes: Partial<BenchRecord> = {}): BenchRecord =>
  newRecord({
    ...{ name, effort: "full", metrics, series: [], faults: [], rows: {} },
    environment: {
      ...{ cpu: "abacus", cores: 2, memoryBytes: 2 ** 30, platform: "linux-x64" },
      ...{ versions: { bun: "1.2.3", sharp: "4.5.6" }, load: { before: 1, after: 2 } },
      date: "2026-01-02T03:04:05.000Z",
    },
    ...changes,
  });
