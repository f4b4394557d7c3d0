/** A master on Kafka for the benches: `bun kafka_master.ts BROKER PREFIX FOLDER`. Runs the jobs that it is asked for. */
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { Master } from "../../master/master.ts";
import { BufferPool } from "../../shared/buffers.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { usedSince } from "./used.ts";

export interface KafkaJob {
  readonly source: string;
  readonly pipeline: string;
  readonly tileSize?: number;
  /** Wait for so many workers first. */
  readonly workers: number;
}

export interface KafkaJobDone {
  readonly tiles: number;
  /** From the first tile's sending to the last one's marking. */
  readonly stageMs: number;
  readonly wallMs: number;
  readonly sent: number;
}

const [broker, prefix, dir] = process.argv.slice(2);
const bus = await KafkaBus.connect({ settings: { brokers: [broker!], prefix: prefix! } });
const master = new Master({
  ...{
    dir: dir!,
    bus,
    buffers: new BufferPool(),
    limits: DEFAULT_LIMITS,
    threads: navigator.hardwareConcurrency,
  },
  ...{ durable: true, leaseMs: 120_000, fingerprint: fingerprint() },
  silence: { silentAfterMs: 2000, lostAfterMs: 10_000 },
});
master.start();

async function run(asked: unknown): Promise<KafkaJobDone> {
  const { source, pipeline, tileSize, workers } = asked as KafkaJob;
  const live = () => master.workers().filter(({ state, partitions }) => state === "live" && partitions > 0);
  while (live().length < workers) await new Promise((resolve) => setTimeout(resolve, 20));
  const before = master.dispatched().sent;
  const { id } = await master.submit({
    ...{ source: { path: source, owned: false, name: "bench" }, pipeline, output: { format: "tiff" } },
    ...(tileSize !== undefined && { tileSize }),
  });
  const { error, phases, wallMs, progress } = await master.wait(id);
  if (error !== undefined) throw new Error(error.message);
  const sent = master.dispatched().sent - before;
  return { tiles: progress.tilesTotal, stageMs: phases?.["stage-0"] ?? 0, wallMs, sent };
}

await usedSince(run);
await master.stop();
await bus.close();
process.exit(0);
