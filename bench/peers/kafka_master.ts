/** A master on Kafka for the benches: `bun kafka_master.ts BROKER PREFIX FOLDER`. Runs the jobs that it is asked for. */
import { availableParallelism } from "node:os";
import type { JobView } from "../../master/jobs/job.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { Master } from "../../master/master.ts";
import { BufferPool } from "../../shared/buffers.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { serveUsed } from "./used.ts";

/** Nothing is run without a source: then it only answers what it has used. */
export interface KafkaWork {
  readonly source?: string;
  readonly pipeline?: string;
  readonly tileSize?: number;
  /** Waits for so many workers first. */
  readonly workers?: number;
  /** Whether the end of the job is timed; every tile is then told of. */
  readonly tail?: boolean;
}

export interface KafkaWorkDone {
  readonly sentBytes: number;
  readonly tiles: number;
  /** From the first tile's sending to the last one's marking. */
  readonly stageMs: number;
  readonly sent: number;
  /** From when nine tiles of ten were done. */
  readonly tailMs?: number;
}

const WORKERS_POLL_MS = 20;

const [broker, prefix, dir] = process.argv.slice(2);
const bus = await KafkaBus.connect({ settings: { brokers: [broker!], prefix: prefix! } });
const own = { dir: dir!, bus, buffers: new BufferPool(), limits: DEFAULT_LIMITS, durable: true };
const master = new Master({
  ...{ ...own, threads: availableParallelism(), leaseMs: 120_000, fingerprint: fingerprint() },
  silence: { silentAfterMs: 2000, lostAfterMs: 10_000 },
});
master.start();

async function run({
  source,
  pipeline,
  tileSize,
  workers = 0,
  tail = false,
}: KafkaWork): Promise<KafkaWorkDone> {
  const live = () => master.workers().filter(({ state, partitions }) => state === "live" && partitions > 0);
  while (live().length < workers) await new Promise((resolve) => setTimeout(resolve, WORKERS_POLL_MS));
  const before = master.dispatched().sent;
  if (source === undefined) return { sentBytes: bus.counts.sentBytes, tiles: 0, stageMs: 0, sent: 0 };
  let nearlyDoneMs: number | undefined;
  const watching = ({ progress: { tiles_done: tilesDone, tiles_total: tilesTotal } }: JobView) => {
    if (tilesDone >= 0.9 * tilesTotal) nearlyDoneMs ??= performance.now();
  };
  const unwatch = tail ? master.onProgress(watching) : () => {};
  const { id } = await master.submit({
    ...{
      source: { path: source, owned: false, name: "bench" },
      pipeline,
      output: { format: "jpeg", quality: 90 },
    },
    ...(tileSize !== undefined && { tileSize }),
  });
  const { error, phases, progress } = await master.wait(id);
  unwatch();
  if (error !== undefined) throw new Error(error.message);
  return {
    sentBytes: bus.counts.sentBytes,
    tiles: progress.tiles_total,
    stageMs: phases?.["stage-0"] ?? 0,
    sent: master.dispatched().sent - before,
    ...(nearlyDoneMs !== undefined && { tailMs: performance.now() - nearlyDoneMs }),
  };
}

await serveUsed((asked) => run(asked as KafkaWork));
await master.stop();
await bus.close();
process.exit(0);
