import { BufferPool } from "../shared/buffers.ts";
import { KafkaBus } from "../shared/bus/kafka/driver.ts";
import { whenKafkaIsReady } from "../shared/bus/kafka/patience.ts";
import { BusReport } from "../shared/bus/kafka/report.ts";
import type { Result } from "../shared/bus/messages.ts";
import { kafkaSettings } from "../shared/config/kafka.ts";
import { loadSettings } from "../shared/config/load.ts";
import { log, setUpLog } from "../shared/log.ts";
import { fingerprint } from "../shared/ops/fingerprint.ts";
import type { Service } from "../shared/service.ts";
import { serveHealth } from "./health.ts";
import { Metrics } from "./metrics.ts";
import { TileWorker, type WorkerOptions } from "./worker.ts";

/** What is otherwise than usual. */
interface Changes extends Partial<Pick<WorkerOptions, "fingerprint" | "thread">> {
  /** How long after its last heartbeat the worker counts as well. */
  readonly wellForMs?: number;
}

/** Joins the workers of the configured Kafka, as soon as that is there. */
export async function startWorker({ wellForMs, ...changes }: Changes = {}): Promise<Service> {
  const all = loadSettings();
  setUpLog(all.log);
  const { threads, worker: own } = all;
  const settings = kafkaSettings(all);
  const report = new BusReport();
  const bus = await whenKafkaIsReady(() => KafkaBus.connect({ settings, ...report }), report);
  const metrics = new Metrics(bus.counts);
  const onTile = (result: Result) => {
    metrics.tile(result);
    tellOf(result);
  };
  const options = {
    bus,
    onTile,
    buffers: new BufferPool(),
    threads,
    name: own.name,
    onTrouble: report.onTrouble,
  };
  const worker = new TileWorker({ ...options, fingerprint: fingerprint(), ...changes });
  const { health_port: port } = own;
  const health =
    port === 0
      ? undefined
      : serveHealth({
          port,
          ...worker.health,
          metrics: () => metrics.text(),
          ...(wellForMs && { wellForMs }),
        });
  worker.start();
  worker.ready.then(
    () =>
      log.info(
        `${own.name} works on ${settings.brokers.join(", ")} with ${threads} ${threads === 1 ? "thread" : "threads"}.`,
        {
          worker: worker.id,
        },
      ),
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

function tellOf(result: Result): void {
  if (result.ok) return;
  const { job, stage, tile, attempt, worker, code, message } = result;
  log.warn(`Tile ${tile} of job ${job} has failed: ${code}.`, {
    job,
    stage,
    tile,
    attempt,
    worker,
    code,
    message,
  });
}
