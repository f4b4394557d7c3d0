/** The model with the costs that were measured: what it predicts for larger fleets, and whether it holds on this machine. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Findings, type ModelOptions, Unavailable } from "./bench.ts";
import type { KafkaRows } from "./kafka_findings.ts";
import { type Installation, type Prediction, predict, type TileCosts } from "./model.ts";
import { type Metric, metricOf, readRecords, type Series } from "./record.ts";
import { table } from "./report/table.ts";
import { median } from "./stats.ts";

const MIB = 2 ** 20;
const NODES = [1, 2, 4, 8, 16, 32, 64];

interface Measured {
  readonly costs: TileCosts;
  /** By Kafka's own tools; it shared its cores with them. */
  readonly brokerMBs: number;
  readonly from: string;
}

/** A cluster like those that people have: 8 cores a node, 10 Gbit/s, three brokers, two copies. */
const CLUSTER: Omit<Installation, "nodes" | "brokerMBs"> = {
  ...{ coresANode: 8, masterCores: 8, brokers: 3, brokerCores: 8, replicas: 2, networkMBs: 1250 },
};

export interface Checked {
  readonly what: string;
  readonly measured: number;
  readonly predicted: number;
  readonly saturates: string;
}

/** Costs by the largest picture with the fewest workers, where processes are in each other's way the least. */
export function measuredCosts({ perf, speed }: Pick<KafkaRows, "perf" | "speed">): Measured {
  const row = speed.toSorted((a, b) => b.side - a.side || a.workers - b.workers)[0]!;
  return {
    costs: costsOf(row),
    brokerMBs: (Math.min(median(perf.producers), median(perf.consumers)) * MIB) / 1e6,
    from: `${row.side}², ${row.workers} workers`,
  };
}

/** A result is about as large as its task: both are a tile's pixels, packed. */
const costsOf = (row: KafkaRows["speed"][number]): TileCosts => ({
  ...{ masterMs: row.masterCpuMs, workerMs: row.workersCpuMs, brokerMs: row.brokerCpuMs },
  ...{ taskBytes: row.wireBytes / 2, resultBytes: row.wireBytes / 2 },
});

/** Each measured run of the record beside what the model says of it, with the costs of one run for all. */
export function checkModel(rows: Pick<KafkaRows, "perf" | "speed" | "scaling">, cores: number): Checked[] {
  const { costs, brokerMBs } = measuredCosts(rows);
  const here = { sharedCores: cores, masterCores: cores, brokers: 1, brokerCores: cores, replicas: 1 };
  const on = (nodes: number, coresANode: number): Installation => ({
    ...{ ...here, nodes, coresANode, networkMBs: Number.POSITIVE_INFINITY, brokerMBs },
  });
  const checked = (what: string, measured: number, { tilesPerSecond, saturates }: Prediction) => ({
    ...{ what, measured, predicted: tilesPerSecond, saturates },
  });
  const speeds = rows.speed.map((row) =>
    checked(
      `${row.side}², ${row.workers} workers`,
      row.tilesPerSecond,
      predict(costs, on(row.workers, Math.max(1, Math.floor(cores / row.workers)))),
    ),
  );
  // Its tiles are so small that all they cost is the time that they are made to take.
  const scalings = rows.scaling.map(({ workers, slow, tiles, stageMs, bestMs }) => {
    const nodes = workers - slow + slow / 10;
    const leastMs = (bestMs * nodes) / tiles;
    const small = { masterMs: 0, workerMs: 0, brokerMs: 0, taskBytes: 0, resultBytes: 0, leastMs };
    const what =
      slow > 0 ? `throttled, ${workers} workers, one 10 × slower` : `throttled, ${workers} workers`;
    return checked(what, (1000 * tiles) / stageMs, predict(small, on(1, nodes)));
  });
  return [...speeds, ...scalings];
}

/** @param asked of the cluster, where it is not like `CLUSTER`; a broker is else as quick as the one that was measured */
export function findModel(record: KafkaRows, cores: number, asked: ModelOptions = {}): Findings {
  const { costs, from, ...measured } = measuredCosts(record);
  const cluster = { ...CLUSTER, brokerMBs: measured.brokerMBs, ...asked };
  const predicted = NODES.map((nodes) => ({ nodes, ...predict(costs, { ...cluster, nodes }) }));
  const checks = checkModel(record, cores);
  const metrics: Metric[] = [
    ...predicted.map(({ nodes, tilesPerSecond }) =>
      metricOf({ id: `predicted/${nodes} nodes`, unit: "tiles/s", better: "higher", kind: "absolute" }, [
        tilesPerSecond,
      ]),
    ),
    ...checks.map(({ what, measured, predicted }) =>
      metricOf({ id: `measured over predicted/${what}`, unit: "×", better: "higher", kind: "absolute" }, [
        measured / predicted,
      ]),
    ),
  ];
  const series = limitLines(predicted);
  return {
    metrics,
    series,
    rows: { costs, cluster, predicted, checks },
    text: printModel(from, costs, cluster, predicted, checks),
  };
}

/** The prediction, and the limits that come near it: far above there is nothing to see. */
function limitLines(predicted: readonly (Prediction & { readonly nodes: number })[]): Series[] {
  const top = 3 * Math.max(...predicted.map(({ tilesPerSecond }) => tilesPerSecond));
  const limits = predicted.flatMap(({ nodes, limits }) => limits.map((limit) => ({ nodes, ...limit })));
  const near = Map.groupBy(
    limits.filter(({ tilesPerSecond }) => tilesPerSecond <= top),
    ({ what }) => what,
  );
  const lines = [["predicted", predicted], ...near] as const;
  return lines.map(([what, points]) => ({
    id: `tiles a second by nodes/${what}`,
    x: "nodes",
    y: "tiles/s",
    points: points.map(({ nodes, tilesPerSecond }) => [nodes, tilesPerSecond]),
  }));
}

function printModel(
  from: string,
  costs: TileCosts,
  cluster: Omit<Installation, "nodes">,
  predicted: readonly (Prediction & { readonly nodes: number })[],
  checks: readonly Checked[],
): string {
  const { coresANode, networkMBs, brokers, replicas, masterCores, brokerMBs } = cluster;
  const ms = [costs.masterMs, costs.workerMs, costs.brokerMs].map((value) => value.toFixed(2));
  const rows = predicted.map(({ nodes, tilesPerSecond, saturates, limits }) => [
    ...[nodes, tilesPerSecond.toFixed(0), (tilesPerSecond / nodes).toFixed(0), saturates],
    limits[1] === undefined ? "" : `${limits[1].what} at ${limits[1].tilesPerSecond.toFixed(0)}`,
  ]);
  const held = checks.map(({ what, measured, predicted, saturates }) => [
    ...[what, measured.toFixed(1), predicted.toFixed(1), (measured / predicted).toFixed(2), saturates],
  ]);
  return [
    `A tile (${from}) costs CPU ms ${ms[0]} of the master, ${ms[1]} of workers, ${ms[2]} of the broker, and ${((costs.taskBytes + costs.resultBytes) / 1000).toFixed(0)} KB there and back;`,
    `a broker moves ${brokerMBs.toFixed(0)} MB/s. Nodes of ${coresANode} cores and ${networkMBs} MB/s, a master of ${masterCores} cores, ${brokers} brokers, ${replicas} copies:`,
    "",
    table(["nodes", "tiles/s", "a node", "saturates first", "then"], rows),
    "",
    "Measured on this machine, beside what the model says of it",
    table(["", "measured", "predicted", "ratio", "saturates"], held),
  ].join("\n");
}

/** @throws Error if nothing has been measured over Kafka yet */
export function findModelIn(folder: string, asked: ModelOptions): Findings {
  const path = join(folder, "kafka.json");
  if (!existsSync(path))
    throw new Unavailable("The model needs measured costs: run 'bun run bench kafka --save' first.");
  const [record] = readRecords(path);
  return findModel(record!.rows as KafkaRows, record!.environment.cores, asked);
}
