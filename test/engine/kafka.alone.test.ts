import { expect, test } from "bun:test";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { Master } from "../../master/master.ts";
import { BufferPool } from "../../shared/buffers.ts";
import type { KafkaSettings } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { whole } from "../ops/tiled_equals_whole.ts";
import { inFolder } from "../support/folder.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { decodeFile, difference, picture, pictureRaster, seen, spec, unowned } from "./harness.ts";

const WORKER = join(import.meta.dir, "kafka_worker.ts");
const LEASE_MS = 120_000;
const SILENCE = { silentAfterMs: 2000, lostAfterMs: 10_000 };
const SOURCE = spec(900, 700);
const TWO_STAGES = "blur(sigma=1.2) | contrast | sharpen";

const startWorker = ({ brokers, prefix }: KafkaSettings) =>
  Bun.spawn([process.execPath, WORKER, brokers[0]!, prefix!], { stdin: "ignore", stdout: "inherit" });

describeOnKafka("the engine on a real Kafka", ({ installation }) => {
  /** Runs a job over worker processes; `disturb` may do to them what it likes once a tenth of the tiles is done. */
  async function runJob(
    tileSize: number,
    workers: number,
    disturb: (started: ReturnType<typeof startWorker>[], settings: KafkaSettings) => void = () => {},
  ): Promise<void> {
    const settings = await installation();
    await inFolder(async (folder) => {
      const bus = await KafkaBus.connect({ settings });
      const limits = { ...DEFAULT_LIMITS, freeBytesMin: 0 };
      const own = { dir: join(folder, "master"), bus, buffers: new BufferPool(), threads: 2, limits };
      const master = new Master({
        ...own,
        durable: false,
        leaseMs: LEASE_MS,
        fingerprint: fingerprint(),
        silence: SILENCE,
      });
      master.start();
      const started = Array.from({ length: workers }, () => startWorker(settings));
      try {
        const source = unowned(await picture(folder, SOURCE));
        const underWay = seen(master, ({ progress }) => progress.tiles_done > progress.tiles_total / 10);
        const { id } = await master.submit({
          source,
          pipeline: TWO_STAGES,
          tileSize,
          output: { format: "png" },
        });
        await underWay;
        disturb(started, settings);
        const job = await master.wait(id);
        expect(job.error).toBeUndefined();
        const expected = whole(parsePipeline(TWO_STAGES), pictureRaster(SOURCE));
        expect(difference(await decodeFile(master.resultPath(id)), expected)).toBe("same");
        for (const worker of started) worker.kill("SIGTERM");
        // one that has just been started does not know the signal yet
        expect(await Promise.all(started.map(({ exited }) => exited))).toContain(0);
      } finally {
        for (const worker of started) worker.kill("SIGKILL");
        await Promise.all(started.map(({ exited }) => exited));
        await master.stop();
        await bus.close();
      }
    });
  }

  test("P1: the pixels are those of the whole image", () => runJob(128, 2));

  test("P3: a worker is killed in mid-job and another one joins: the same pixels", () =>
    runJob(64, 2, (started, settings) => {
      started[0]!.kill("SIGKILL");
      started.push(startWorker(settings));
    }));
});
