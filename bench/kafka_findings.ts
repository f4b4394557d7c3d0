/** The bench on Kafka as the harness wants it: its record as figures, lines and text. */
import { missingForKafka } from "../kafka/libraries.ts";
import { type BenchOptions, type Effort, type Findings, Unavailable } from "./bench.ts";
import { benchKafka, KAFKA_FULL, type KafkaBench, type KafkaRecord, printKafka } from "./kafka.ts";
import {
  benchKafkaOps,
  type KafkaOps,
  type KafkaOpsRow,
  kafkaOpsMetrics,
  kafkaOpsSeries,
  OP_KINDS,
  type OpKind,
  printKafkaOps,
} from "./kafka_ops.ts";
import { type Metric, metricOf, type Series } from "./record.ts";
import { median } from "./stats.ts";

const MIB = 2 ** 20;

/** Two minutes, for when it is one of several. */
const SHORT: KafkaBench = {
  sides: [4096],
  workers: [1, 2],
  repeats: 7,
  perfMessages: 500,
  perfRuns: 3,
  scaling: { side: 640, tileMs: 50, workers: [1, 2, 4, 8] },
  roundTrips: 60,
  idleMs: 5000,
  memory: { side: 4096, jobs: 4 },
};

const QUICK: KafkaBench = {
  sides: [2048],
  workers: [1],
  repeats: 2,
  perfMessages: 200,
  perfRuns: 3,
  scaling: { side: 320, tileMs: 50, workers: [1, 4] },
  roundTrips: 20,
  idleMs: 2000,
  memory: { side: 2048, jobs: 2 },
};

const EFFORTS: Readonly<Record<Effort, KafkaBench>> = { quick: QUICK, usual: SHORT, full: KAFKA_FULL };
const OPS_WORKERS = [1, 2, 4, 8];

/** Kinds of op, and counts of workers for them, only where they are asked for: eight workers take minutes. */
export async function findKafka(options: BenchOptions): Promise<Findings> {
  const missing = missingForKafka();
  if (missing.length > 0)
    throw new Unavailable(`A Kafka needs ${missing.join(" and ")}, which this machine lacks.`);
  const { effort, repeats, ops, workers } = options;
  const base = EFFORTS[effort];
  const record = await benchKafka({
    ...base,
    ...(repeats !== undefined && { repeats }),
    ...(workers && { workers }),
  });
  const asked = opKinds(ops);
  const kinds: KafkaOps = {
    ...{ ops: asked, workers: workers ?? OPS_WORKERS, repeats: repeats ?? base.repeats },
    ...{ side: base.sides[0]!, throttledSide: base.scaling.side },
  };
  const byOp = asked.length > 0 ? await benchKafkaOps(kinds) : [];
  return {
    metrics: [...kafkaMetrics(record), ...kafkaOpsMetrics(byOp)],
    series: [...kafkaSeries(record), ...kafkaOpsSeries(byOp)],
    rows: { ...record, byOp } satisfies KafkaRows,
    text: [printKafka(record), ...(byOp.length > 0 ? [printKafkaOps(byOp)] : [])].join("\n\n"),
  };
}

export type KafkaRows = KafkaRecord & { readonly byOp: readonly KafkaOpsRow[] };

/** @throws Error for a kind that there is not */
function opKinds(asked: readonly string[] = []): OpKind[] {
  if (asked.includes("all")) return [...OP_KINDS];
  const known = (name: string): name is OpKind => OP_KINDS.some((kind) => kind === name);
  return asked.map((name) => {
    if (known(name)) return name;
    throw new Error(`There is no kind of op '${name}'. There is: ${OP_KINDS.join(", ")}, all.`);
  });
}

export function kafkaMetrics({ perf, speed, scaling, roundTrip, idle, memory }: KafkaRecord): Metric[] {
  const one = (
    id: string,
    unit: string,
    better: Metric["better"],
    value: number | readonly number[],
    kind: Metric["kind"] = "absolute",
  ) => metricOf({ id, unit, better, kind }, typeof value === "number" ? [value] : value);
  const producer = median(perf.producers);
  return [
    one("Kafka's own tools/producer", "MiB/s", "higher", perf.producers),
    one("Kafka's own tools/consumer", "MiB/s", "higher", perf.consumers),
    ...speed.flatMap((row) => {
      const label = `${row.side}², ${row.workers} workers`;
      return [
        one(`speed/${label}`, "tiles/s", "higher", row.tilesPerSecond),
        one(`speed a node/${label}`, "tiles/s", "higher", row.tilesPerSecond / row.workers),
        one(`wire/${label}`, "KB a tile", "lower", row.wireBytes / 1000),
        one(`CPU, master/${label}`, "ms a tile", "lower", row.masterCpuMs),
        one(`CPU, workers/${label}`, "ms a tile", "lower", row.workersCpuMs),
        one(`CPU, broker/${label}`, "ms a tile", "lower", row.brokerCpuMs),
        one(`CPU over the bare transform/${label}`, "×", "lower", row.ratios, "ratio"),
        one(
          `CPU without codecs over the bare transform/${label}`,
          "×",
          "lower",
          row.ratiosWithoutCodecs,
          "ratio",
        ),
        one(
          `pixels over Kafka's own producer/${label}`,
          "×",
          "higher",
          row.pixelMibPerSeconds.map((speed) => speed / producer),
          "ratio",
        ),
      ];
    }),
    ...scaling.flatMap(({ workers, slow, tiles, sent, efficiencies }) => {
      const label = slow > 0 ? `${workers} workers, one 10 × slower` : `${workers} workers`;
      return [
        one(`efficiency/${label}`, "×", "higher", efficiencies, "ratio"),
        one(`tiles sent over tiles/${label}`, "×", "lower", sent / tiles, "ratio"),
      ];
    }),
    one("round trip/median beyond the transform", "ms", "lower", roundTrip.p50Ms),
    one("round trip/p95 beyond the transform", "ms", "lower", roundTrip.p95Ms),
    one("idle/worker", "% of a core", "lower", (100 * idle.workersCpuMs) / idle.ms),
    one("idle/master", "% of a core", "lower", (100 * idle.masterCpuMs) / idle.ms),
    one("memory at the end/master", "MiB", "lower", memory.at(-1)!.masterRss / MIB),
    one("memory at the end/worker", "MiB", "lower", memory.at(-1)!.workerRss / MIB),
  ];
}

export function kafkaSeries({ scaling, memory }: KafkaRecord): Series[] {
  const even = scaling.filter(({ slow }) => slow === 0);
  const speed = ({ tiles, stageMs }: (typeof even)[number]) => (1000 * tiles) / stageMs;
  const best = ({ tiles, bestMs }: (typeof even)[number]) => (1000 * tiles) / bestMs;
  const tiles = { x: "workers", y: "tiles/s" };
  const rss = { x: "tiles done", y: "MiB" };
  return [
    { id: "scaling/measured", ...tiles, points: even.map((row) => [row.workers, speed(row)]) },
    { id: "scaling/best there can be", ...tiles, points: even.map((row) => [row.workers, best(row)]) },
    { id: "memory over tiles/master", ...rss, points: memory.map((row) => [row.tiles, row.masterRss / MIB]) },
    { id: "memory over tiles/worker", ...rss, points: memory.map((row) => [row.tiles, row.workerRss / MIB]) },
  ];
}
