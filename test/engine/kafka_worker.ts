/** A worker process on Kafka, for tests to kill: `bun kafka_worker.ts BROKER PREFIX`. */
import { BufferPool } from "../../shared/buffers.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { TileWorker } from "../../worker/worker.ts";

const [broker, prefix] = process.argv.slice(2);
const bus = await KafkaBus.connect({ settings: { brokers: [broker!], prefix: prefix! } });
const worker = new TileWorker({ bus, buffers: new BufferPool(), threads: 1, fingerprint: fingerprint() });
worker.start();
process.once("SIGTERM", async () => {
  await worker.stop();
  await bus.close();
  process.exit(0);
});
