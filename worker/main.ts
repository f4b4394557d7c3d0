/** `bun run worker`: computes tiles for the masters that share its Kafka, until it is told to stop. */
import { BufferPool } from "../shared/buffers.ts";
import { KafkaBus } from "../shared/bus/kafka/driver.ts";
import { whenKafkaIsReady } from "../shared/bus/kafka/patience.ts";
import { BusReport } from "../shared/bus/kafka/report.ts";
import { kafkaSettings } from "../shared/config/kafka.ts";
import { loadSettings } from "../shared/config/load.ts";
import { fingerprint } from "../shared/ops/fingerprint.ts";
import { runService, type Service } from "../shared/service.ts";
import { serveHealth } from "./health.ts";
import { TileWorker } from "./worker.ts";

async function start(): Promise<Service> {
  const all = loadSettings();
  const { threads, worker: own } = all;
  const settings = kafkaSettings(all);
  const { onTrouble, onRefused, onAbandoned } = new BusReport();
  const bus = await whenKafkaIsReady(
    () => KafkaBus.connect({ settings, onTrouble, onRefused, onAbandoned }),
    onTrouble,
  );
  const ops = fingerprint();
  const worker = new TileWorker({
    ...{ bus, buffers: new BufferPool(), threads, fingerprint: ops },
    name: own.name,
  });
  const health = own.health_port === 0 ? undefined : serveHealth({ port: own.health_port, ...worker.health });
  worker.start();
  worker.ready.then(
    () => console.log(`${own.name} works on ${settings.brokers.join(", ")} with ${threads} threads.`),
    () => {},
  );
  return {
    async stop() {
      await worker.stop();
      await bus.close();
      await health?.stop();
    },
  };
}

await runService(start);
