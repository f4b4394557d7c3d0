/**
 * A worker on Kafka for the benches: `bun kafka_worker.ts BROKER PREFIX THREADS [TILE_MS]`. Says what it has used when
 * it is asked.
 */
import { BufferPool } from "../../shared/buffers.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { TileWorker } from "../../worker/worker.ts";
import { serveUsed } from "./used.ts";

const [broker, prefix, threads, tileMs] = process.argv.slice(2);
if (tileMs !== undefined) process.env.TESSERA_BENCH_TILE_MS = tileMs;
const bus = await KafkaBus.connect({ settings: { brokers: [broker!], prefix: prefix! } });
const worker = new TileWorker({
  ...{ bus, buffers: new BufferPool(), threads: Number(threads), fingerprint: fingerprint() },
  ...(tileMs !== undefined && { thread: new URL("./throttled_thread.ts", import.meta.url) }),
});
worker.start();
await worker.ready;
await serveUsed(async () => ({ sentBytes: bus.counts.sentBytes }));
await worker.stop();
await bus.close();
process.exit(0);
