/**
 * Tessera over a real Kafka on this machine, the broker's own perf tools beside it in the same run: tiles a second and
 * CPU by process, how it scales when cores do not count, one tile's round trip, an idle worker, and memory over many
 * tiles.
 */
import { join } from "node:path";
import { consumerPerformance, producerPerformance } from "../kafka/perf.ts";
import { writePicture } from "../samples/write.ts";
import { bareCosts, transformCost } from "./bare.ts";
import { Asked, BenchKafka, type FleetRun, threadsEach, type WorkerSpec } from "./fleet.ts";
import { table } from "./report/table.ts";
import { median } from "./stats.ts";

const TILE = 512;
const PIPELINE = "blur(sigma=5)";
/** They hardly differ: tiles that wait for a clock want no core. */
const SCALING_RUNS_MAX = 3;

export interface KafkaBench {
  readonly sides: readonly number[];
  readonly workers: readonly number[];
  readonly repeats: number;
  /** Messages of Kafka's own tools, and runs of each; the first is the slowest, since nothing is warm. */
  readonly perfMessages: number;
  readonly perfRuns: number;
  /** How many tiles of how many milliseconds show the scaling, over which counts of workers. */
  readonly scaling: { readonly side: number; readonly tileMs: number; readonly workers: readonly number[] };
  readonly roundTrips: number;
  readonly idleMs: number;
  /** Jobs one after the other, for memory. */
  readonly memory: { readonly side: number; readonly jobs: number };
}

export const KAFKA_FULL: KafkaBench = {
  sides: [4096, 8192],
  workers: [1, 2, 4],
  repeats: 5,
  perfMessages: 2000,
  perfRuns: 3,
  scaling: { side: 1280, tileMs: 50, workers: [1, 2, 4, 8] },
  roundTrips: 200,
  idleMs: 20_000,
  memory: { side: 8192, jobs: 40 },
};

export async function benchKafka(options: KafkaBench) {
  const kafka = await BenchKafka.start();
  try {
    const perf = await perfTools(kafka, options);
    const speed = await speeds(kafka, options);
    const scaling = await scalings(kafka, options);
    const roundTrip = await roundTrips(kafka, options.roundTrips);
    const idle = await idleWorker(kafka, options.idleMs);
    const memory = await memoryOver(kafka, options.memory);
    return { perf, speed, scaling, roundTrip, idle, memory };
  } finally {
    await kafka.stop();
  }
}

export type KafkaRecord = Awaited<ReturnType<typeof benchKafka>>;

/** Kafka's own tools, with messages as large as ours are. */
async function perfTools(kafka: BenchKafka, { perfMessages: messages, perfRuns }: KafkaBench) {
  const topic = `${await kafka.installation()}tasks`;
  const options = { broker: kafka.cluster.address, topic, messages, messageBytes: 400_000 };
  const producers: number[] = [];
  const consumers: number[] = [];
  for (let i = 0; i < perfRuns; i++) {
    producers.push((await producerPerformance(options)).mibPerSecond);
    consumers.push((await consumerPerformance(options)).mibPerSecond);
  }
  return { messageBytes: options.messageBytes, producers, consumers };
}

async function speeds(kafka: BenchKafka, { sides, workers, repeats }: KafkaBench) {
  const rows = [];
  for (const count of workers) {
    const fleet: WorkerSpec[] = Array.from({ length: count }, () => ({ threads: threadsEach(count) }));
    const ofCount = await kafka.withFleet(fleet, async (running) => {
      const found = [];
      for (const side of sides) {
        const source = await pictureOf(kafka, side);
        await running.run({ source, pipeline: PIPELINE }); // warm
        const runs: (FleetRun & { brokerCpuMs: number | undefined })[] = [];
        for (let i = 0; i < repeats; i++) {
          const before = kafka.brokerCpuMs();
          const run = await running.run({ source, pipeline: PIPELINE });
          const after = kafka.brokerCpuMs();
          const brokerCpuMs = before === undefined || after === undefined ? undefined : after - before;
          runs.push({ ...run, brokerCpuMs });
        }
        found.push(speedOf(side, count, runs, await bareCosts(source, kafka.folder, PIPELINE)));
      }
      return found;
    });
    rows.push(...ofCount);
  }
  return rows;
}

function speedOf(
  side: number,
  workers: number,
  runs: readonly (FleetRun & { readonly brokerCpuMs: number | undefined })[],
  bare: Awaited<ReturnType<typeof bareCosts>>,
) {
  const { tiles } = runs[0]!;
  const each = (of: (run: (typeof runs)[number]) => number) => runs.map((run) => of(run) / tiles);
  const perTile = (of: (run: (typeof runs)[number]) => number) => median(each(of));
  const bareMs = bare.transformMs / tiles;
  const codecMs = (bare.decodeMs + bare.encodeMs) / tiles;
  const masterCpuMs = perTile((run) => run.masterCpuMs);
  const workersCpuMs = perTile((run) => run.workersCpuMs);
  const wireBytes = perTile((run) => run.wireBytes);
  const seconds = median(runs.map(({ stageMs }) => stageMs)) / 1000;
  const mib = 2 ** 20;
  return {
    ...{ side, workers, tiles, tilesPerSecond: tiles / seconds, wireBytes },
    ...{ bareMs, masterCpuMs, workersCpuMs, brokerCpuMs: perTile((run) => run.brokerCpuMs ?? 0) },
    /** Of decoding the source and encoding the result alone; they are in the master's. */
    codecMs,
    /** CPU of master and workers over that of the bare transform, run by run: all of it, and without the two codecs. */
    ratios: each((run) => run.masterCpuMs + run.workersCpuMs).map((ms) => ms / bareMs),
    ratiosWithoutCodecs: each((run) => run.masterCpuMs + run.workersCpuMs).map(
      (ms) => (ms - codecMs) / bareMs,
    ),
    /** Pixels there and back, as they lie in memory, in each run. */
    pixelMibPerSeconds: runs.map(({ stageMs }) => (2 * side * side * 3) / (stageMs / 1000) / mib),
    wireMibPerSecond: (wireBytes * tiles) / seconds / mib,
  };
}

async function scalings(kafka: BenchKafka, { scaling: { side, tileMs, workers }, repeats }: KafkaBench) {
  const rows = [];
  const source = await pictureOf(kafka, side);
  const fleets = workers.map((count) => ({ count, slow: 0 }));
  const most = Math.max(...workers);
  for (const { count, slow } of [...fleets, { count: most, slow: 1 }]) {
    const specs = Array.from({ length: count }, (_, i) => ({
      threads: 1,
      tileMs: i < slow ? 10 * tileMs : tileMs,
    }));
    // Tiles that one worker of the usual pace would do in the same time.
    const capacity = count - slow + slow / 10;
    const row = await kafka.withFleet(specs, async (fleet) => {
      const work = { source, pipeline: "invert", tileSize: 64 };
      await fleet.run(work); // warm
      const runs = [];
      for (let i = 0; i < Math.min(repeats, SCALING_RUNS_MAX); i++) runs.push(await fleet.run(work));
      const stageMs = median(runs.map((run) => run.stageMs));
      const { tiles } = runs[0]!;
      const bestMs = (tiles * tileMs) / capacity;
      const sent = median(runs.map((run) => run.sent));
      const efficiencies = runs.map((run) => bestMs / run.stageMs);
      return { workers: count, slow, tiles, sent, stageMs, bestMs, efficiencies };
    });
    rows.push(row);
  }
  return rows;
}

/** Beside what the bare transform takes. */
async function roundTrips(kafka: BenchKafka, count: number) {
  const prefix = await kafka.installation();
  const worker = kafka.worker(prefix, { threads: 1 });
  await worker.ready();
  const args = [kafka.cluster.address, prefix, String(TILE)];
  const master = new Asked<object, { ms: number }>("./peers/kafka_round_trip.ts", args);
  await master.ready();
  const taken: number[] = [];
  for (let i = 0; i < count + Math.ceil(count / 10); i++) taken.push((await master.ask({})).ms);
  await Promise.all([master.end(), worker.end()]);
  const sorted = taken.slice(-count).sort((a, b) => a - b);
  const bareMs = await transformCost(TILE, TILE, 3, PIPELINE);
  const beyond = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! - bareMs;
  return { count, bareMs, p50Ms: beyond(0.5), p95Ms: beyond(0.95) };
}

async function idleWorker(kafka: BenchKafka, ms: number) {
  return kafka.withFleet([{ threads: threadsEach(1) }], async (fleet) => {
    await fleet.run({}); // the worker is there and has its share
    return { ms, ...(await fleet.idle(ms)) };
  });
}

async function memoryOver(kafka: BenchKafka, { side, jobs }: KafkaBench["memory"]) {
  const source = await pictureOf(kafka, side);
  return kafka.withFleet([{ threads: threadsEach(2) }, { threads: threadsEach(2) }], async (fleet) => {
    const rows = [];
    let tiles = 0;
    for (let job = 0; job < jobs; job++) {
      const { rssBytes, tiles: done } = await fleet.run({ source, pipeline: PIPELINE });
      tiles += done;
      rows.push({ tiles, masterRss: rssBytes.master, workerRss: Math.max(...rssBytes.workers) });
    }
    return rows;
  });
}

async function pictureOf(kafka: BenchKafka, side: number): Promise<string> {
  const path = join(kafka.folder, `${side}.tif`);
  if (!(await Bun.file(path).exists()))
    await writePicture(path, { width: side, height: side, channels: 3, depth: 8, seed: 1 });
  return path;
}

const fixed = (value: number, digits = 1): string => value.toFixed(digits);
const mib = (bytes: number): string => fixed(bytes / 2 ** 20, 0);

export function printKafka({ perf, speed, scaling, roundTrip, idle, memory }: KafkaRecord): string {
  const parts = [
    `Kafka's own tools, ${perf.messageBytes / 1000} KB a message: producer ${fixed(median(perf.producers))} MiB/s, consumer ${fixed(median(perf.consumers))} MiB/s`,
    table(
      [
        "image, workers",
        "tiles/s",
        "KB/tile",
        "bare ms",
        "master",
        "workers",
        "broker",
        "codecs",
        "ratio",
        "without codecs",
        "wire MiB/s",
        "pixel MiB/s",
      ],
      speed.map((row) => [
        `${row.side}², ${row.workers}`,
        fixed(row.tilesPerSecond),
        fixed(row.wireBytes / 1000, 0),
        fixed(row.bareMs, 2),
        fixed(row.masterCpuMs, 2),
        fixed(row.workersCpuMs, 2),
        fixed(row.brokerCpuMs, 2),
        fixed(row.codecMs, 2),
        fixed(median(row.ratios), 2),
        fixed(median(row.ratiosWithoutCodecs), 2),
        fixed(row.wireMibPerSecond),
        fixed(median(row.pixelMibPerSeconds)),
      ]),
    ),
    table(
      ["workers", "tiles", "sent", "ms", "best", "efficiency"],
      scaling.map(({ workers, slow, tiles, sent, stageMs, bestMs, efficiencies }) => [
        slow > 0 ? `${workers}, one 10 × slower` : String(workers),
        ...[tiles, sent, fixed(stageMs, 0), fixed(bestMs, 0), `${fixed(100 * median(efficiencies))} %`],
      ]),
    ),
    `round trip of one tile beyond the transform: p50 ${fixed(roundTrip.p50Ms)} ms, p95 ${fixed(roundTrip.p95Ms)} ms`,
    `an idle worker: ${fixed((100 * idle.workersCpuMs) / idle.ms, 2)} % of a core; an idle master: ${fixed((100 * idle.masterCpuMs) / idle.ms, 2)} %`,
    `memory after ${memory.map(({ tiles, masterRss, workerRss }) => `${tiles}: ${mib(masterRss)}/${mib(workerRss)}`).join(", ")} (tiles: master/worker, MiB)`,
  ];
  return parts.join("\n\n");
}
