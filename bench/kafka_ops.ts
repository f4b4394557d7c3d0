/** Kinds of work over a real Kafka, by counts of workers: what is cheap, what is dear, and what takes time but no core. */
import { join } from "node:path";
import { writePicture } from "../samples/write.ts";
import type { KafkaSettings } from "../shared/bus/kafka/client.ts";
import { reportTopics } from "../shared/bus/kafka/topic_report.ts";
import { isBusFault, TesseraError } from "../shared/errors.ts";
import { BenchKafka, type Fleet, type FleetRun, threadsEach } from "./fleet.ts";
import type { KafkaWork } from "./peers/kafka_master.ts";
import { type Metric, metricOf, type Series } from "./record.ts";
import { table } from "./report/table.ts";
import { median } from "./stats.ts";

const OPS = {
  cheap: { pipeline: "invert", tileSize: 512 },
  dear: { pipeline: "blur(sigma=20) | median(radius=3)", tileSize: 512 },
  throttled: { pipeline: "invert", tileSize: 64, tileMs: 50 },
} as const;

export type OpKind = keyof typeof OPS;
export const OP_KINDS = Object.keys(OPS) as OpKind[];

export interface KafkaOps {
  readonly ops: readonly OpKind[];
  readonly workers: readonly number[];
  readonly repeats: number;
  /** Of the picture of the kinds that use a core, and of the one that does not. */
  readonly side: number;
  readonly throttledSide: number;
}

export interface KafkaOpsRow {
  readonly op: OpKind;
  readonly workers: number;
  readonly tiles: number;
  readonly tilesPerSecond: readonly number[];
  readonly wireBytesPerTile: number;
  readonly cpuMsPerTile: { readonly master: number; readonly workers: number; readonly broker: number };
  /** From when nine tiles of ten were done; with every tile told of, so in a run of its own. */
  readonly tailMs: number;
  /** The most messages of tasks and results that waited to be done. */
  readonly lagMax: number;
}

export async function benchKafkaOps(options: KafkaOps): Promise<KafkaOpsRow[]> {
  const kafka = await BenchKafka.start();
  try {
    const rows: KafkaOpsRow[] = [];
    for (const op of options.ops)
      for (const workers of options.workers) rows.push(await rowOf(kafka, op, workers, options));
    return rows;
  } finally {
    await kafka.stop();
  }
}

async function rowOf(
  kafka: BenchKafka,
  op: OpKind,
  workers: number,
  options: KafkaOps,
): Promise<KafkaOpsRow> {
  const { pipeline, tileSize, ...rest } = OPS[op];
  const throttled = "tileMs" in rest;
  const side = throttled ? options.throttledSide : options.side;
  const source = join(kafka.folder, `${side}-ops.tif`);
  if (!(await Bun.file(source).exists()))
    await writePicture(source, { width: side, height: side, channels: 3, depth: 8, seed: 1 });
  const spec = { threads: throttled ? 1 : threadsEach(workers), ...rest };
  const specs = Array.from({ length: workers }, () => spec);
  return kafka.withFleet(specs, async (fleet) => {
    const work = { source, pipeline, tileSize };
    await fleet.run(work); // warm
    const runs: (FleetRun & { readonly brokerMs: number })[] = [];
    for (let i = 0; i < options.repeats; i++) {
      const before = kafka.brokerCpuMs() ?? 0;
      const run = await fleet.run(work);
      runs.push({ ...run, brokerMs: (kafka.brokerCpuMs() ?? 0) - before });
    }
    const watched = await watchedRun(kafka, fleet, work);
    const { tiles } = runs[0]!;
    const perTile = (of: (run: (typeof runs)[number]) => number) => median(runs.map(of)) / tiles;
    return {
      ...{ op, workers, tiles, ...watched },
      tilesPerSecond: runs.map(({ stageMs }) => (1000 * tiles) / stageMs),
      wireBytesPerTile: perTile(({ wireBytes }) => wireBytes),
      cpuMsPerTile: {
        master: perTile(({ masterCpuMs }) => masterCpuMs),
        workers: perTile(({ workersCpuMs }) => workersCpuMs),
        broker: perTile(({ brokerMs }) => brokerMs),
      },
    };
  });
}

const LAG_EVERY_MS = 250;

/** One run more, that is looked at while it goes on. Workers commit twice a second, so the lag holds that much work. */
async function watchedRun(kafka: BenchKafka, fleet: Fleet, work: KafkaWork) {
  const settings = { brokers: [kafka.cluster.address], prefix: fleet.prefix };
  let lagMax = 0;
  let ended = false;
  const run = fleet.run({ ...work, tail: true }).finally(() => {
    ended = true;
  });
  const watch = async () => {
    while (!ended) {
      lagMax = Math.max(lagMax, await lagOf(settings));
      await new Promise((resolve) => setTimeout(resolve, LAG_EVERY_MS));
    }
  };
  const [{ tailMs = 0 }] = await Promise.all([run, watch()]);
  return { tailMs, lagMax };
}

/** Nothing where Kafka does not answer for a moment: whether all goes well, the run itself tells. */
async function lagOf(settings: KafkaSettings): Promise<number> {
  try {
    const topics = await reportTopics(settings);
    return Math.max(...topics.map((topic) => (topic.missing ? 0 : (topic.lag ?? 0))));
  } catch (thrown) {
    if (thrown instanceof TesseraError && isBusFault(thrown.code)) return 0;
    throw thrown;
  }
}

/** Speed over that of the fewest workers, a worker. */
function efficiencies(rows: readonly KafkaOpsRow[], row: KafkaOpsRow): number[] {
  const first = rows.filter(({ op }) => op === row.op).reduce((a, b) => (b.workers < a.workers ? b : a));
  const each = median(first.tilesPerSecond) / first.workers;
  return row.tilesPerSecond.map((speed) => speed / row.workers / each);
}

export function kafkaOpsMetrics(rows: readonly KafkaOpsRow[]): Metric[] {
  return rows.flatMap((row) => {
    const label = `${row.op}, ${row.workers} workers`;
    const higher = { better: "higher", kind: "absolute" } as const;
    const lower = { better: "lower", kind: "absolute" } as const;
    const { cpuMsPerTile: cpu } = row;
    // Only what uses no core can be expected to grow with workers that share one machine.
    const kind = row.op === "throttled" ? "ratio" : "absolute";
    return [
      metricOf({ id: `speed by op/${label}`, unit: "tiles/s", ...higher }, row.tilesPerSecond),
      metricOf(
        { id: `speed a node by op/${label}`, unit: "tiles/s", ...higher },
        row.tilesPerSecond.map((speed) => speed / row.workers),
      ),
      metricOf(
        { id: `efficiency by op/${label}`, unit: "×", better: "higher", kind },
        efficiencies(rows, row),
      ),
      metricOf({ id: `wire by op/${label}`, unit: "KB a tile", ...lower }, [row.wireBytesPerTile / 1000]),
      ...(["master", "workers", "broker"] as const).map((process) =>
        metricOf({ id: `CPU by op, ${process}/${label}`, unit: "ms a tile", ...lower }, [cpu[process]]),
      ),
      metricOf({ id: `tail after 90 % by op/${label}`, unit: "ms", ...lower }, [row.tailMs]),
      metricOf({ id: `greatest lag by op/${label}`, unit: "messages", ...lower }, [row.lagMax]),
    ];
  });
}

export const kafkaOpsSeries = (rows: readonly KafkaOpsRow[]): Series[] =>
  [...Map.groupBy(rows, ({ op }) => op)].map(([op, ofOp]) => ({
    id: `tiles a second by workers/${op}`,
    x: "workers",
    y: "tiles/s",
    points: ofOp.map(({ workers, tilesPerSecond }) => [workers, median(tilesPerSecond)]),
  }));

export function printKafkaOps(rows: readonly KafkaOpsRow[]): string {
  const cells = rows.map((row) => [
    `${row.op}, ${row.workers}`,
    median(row.tilesPerSecond).toFixed(1),
    (median(row.tilesPerSecond) / row.workers).toFixed(1),
    `${(100 * median(efficiencies(rows, row))).toFixed(0)} %`,
    (row.wireBytesPerTile / 1000).toFixed(0),
    ...[row.cpuMsPerTile.master, row.cpuMsPerTile.workers, row.cpuMsPerTile.broker].map((ms) =>
      ms.toFixed(2),
    ),
    row.tailMs.toFixed(0),
    row.lagMax,
  ]);
  const cpu = ["master ms", "workers ms", "broker ms"];
  const header = ["op, workers", "tiles/s", "a node", "efficiency", "KB/tile", ...cpu, "tail ms", "lag"];
  return ["By kind of op", table(header, cells)].join("\n");
}
