/** `bun run master`: takes images over HTTP and has their tiles computed by workers on other machines, over Kafka. */
import { resolve } from "node:path";
import { BufferPool } from "../shared/buffers.ts";
import type { KafkaSettings } from "../shared/bus/kafka/client.ts";
import { KafkaBus } from "../shared/bus/kafka/driver.ts";
import { whenKafkaIsReady } from "../shared/bus/kafka/patience.ts";
import { BusReport } from "../shared/bus/kafka/report.ts";
import { createTopics, type TopicTable } from "../shared/bus/kafka/topics.ts";
import { kafkaSettings, topicTable } from "../shared/config/kafka.ts";
import { loadSettings } from "../shared/config/load.ts";
import { asTesseraError } from "../shared/errors.ts";
import { log, setUpLog } from "../shared/log.ts";
import { fingerprint } from "../shared/ops/fingerprint.ts";
import { runService, type Service } from "../shared/service.ts";
import { Access } from "./access/access.ts";
import { serve, serviceOf } from "./http/server/serve.ts";
import { limitsOf } from "./limits.ts";
import { Master } from "./master.ts";
import { outboundOf } from "./outbound/outbound.ts";
import { makeFolder } from "./store/folder.ts";
import { webhooksOf } from "./webhooks/webhooks.ts";

const LEASE_MS = 120_000;
/** Of workers: a few heartbeats, and far more than a broker's restart or a long collection of garbage takes. */
const SILENCE = { silentAfterMs: 2000, lostAfterMs: 10_000 };

async function start(): Promise<Service> {
  const settings = loadSettings();
  setUpLog(settings.log);
  const { dir, threads } = settings;
  const service = serviceOf(settings);
  const access = new Access({ dir, ...service });
  const limits = limitsOf(settings);
  const kafka = kafkaSettings(settings);
  const report = new BusReport();
  const bus = await whenKafkaIsReady(async () => {
    if (settings.kafka.create_topics) await makeTopics(kafka, topicTable(settings));
    return KafkaBus.connect({ settings: kafka, ...report });
  }, report);
  makeFolder(dir);
  const master = new Master({
    ...{ dir: resolve(dir), bus, buffers: new BufferPool(), limits, threads, durable: true },
    ...{ leaseMs: LEASE_MS, silence: SILENCE, fingerprint: fingerprint() },
    ...{ outbound: outboundOf(settings), webhooks: webhooksOf(settings) },
    onTrouble: report.onTrouble,
  });
  const server = serve(master, { ...service, access, limits, durable: true });
  master.start();
  log.info(
    `The master listens on ${server.url}, keeps its jobs in ${dir} and works over ${kafka.brokers.join(", ")}.`,
  );
  return {
    async stop() {
      await server.stop();
      await master.stop();
      access.close();
      await bus.close();
    },
  };
}

/** Who may not create them does not have to, as long as somebody has. */
async function makeTopics(kafka: KafkaSettings, table: TopicTable): Promise<void> {
  try {
    for (const fault of await createTopics(kafka, table)) log.warn(String(fault));
  } catch (thrown) {
    if (asTesseraError(thrown).code !== "bus_not_allowed") throw thrown;
    log.warn("This master may not create topics. Have it done by: tessera topics create");
  }
}

await runService(start);
