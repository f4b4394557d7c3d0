/**
 * A process to be killed: opens a master on a folder, submits the job if it is not there, prints a line at every
 * change of it, and exits once it has ended. Its argument is a `ProcessJob` as JSON.
 */
import { writeSync } from "node:fs";
import { openEngine } from "../../embedded/engine.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { Master } from "../../master/master.ts";
import type { OutputFormat } from "../../shared/api/output.ts";
import { BufferPool } from "../../shared/buffers.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { whenKafkaIsReady } from "../../shared/bus/kafka/patience.ts";
import { MemoryBus } from "../../shared/bus/memory.ts";
import { fingerprint, SAME_PROCESS } from "../../shared/ops/fingerprint.ts";
import { OwnWorker } from "./own_worker.ts";

export const JOB = "the-job";

export interface ProcessJob {
  readonly dir: string;
  readonly source: string;
  readonly pipeline: string;
  readonly format: OutputFormat;
  readonly tileSize: number;
  /** A tile of the first stage that takes the process down each time that it is computed. */
  readonly deadlyTile?: number;
  /** Over Kafka, with workers in processes of their own. */
  readonly kafka?: { readonly broker: string; readonly prefix: string };
}

interface Opened {
  readonly master: Master;
  stop(): Promise<void>;
}

async function open({ dir, deadlyTile, kafka }: ProcessJob): Promise<Opened> {
  if (kafka !== undefined) return openOnKafka(dir, kafka);
  if (deadlyTile === undefined) return openEngine({ dir, threads: 2 });
  const bus = new MemoryBus();
  const buffers = new BufferPool();
  const options = {
    dir,
    bus,
    buffers,
    limits: DEFAULT_LIMITS,
    threads: 2,
    durable: true,
    leaseMs: 3_600_000,
    fingerprint: SAME_PROCESS,
  };
  const master = new Master(options);
  master.start();
  new OwnWorker(bus, buffers, (task, worker) => {
    if (task.stage === 0 && task.tile === deadlyTile) process.kill(process.pid, "SIGKILL");
    return worker.answer(task);
  });
  return { master, stop: () => master.stop() };
}

async function openOnKafka(
  dir: string,
  { broker, prefix }: NonNullable<ProcessJob["kafka"]>,
): Promise<Opened> {
  const settings = { brokers: [broker], prefix };
  const bus = await whenKafkaIsReady(() => KafkaBus.connect({ settings }), {
    onTrouble: () => {},
    onBack: () => {},
  });
  const own = { dir, bus, buffers: new BufferPool(), limits: DEFAULT_LIMITS, threads: 2, durable: true };
  const silence = { silentAfterMs: 2000, lostAfterMs: 10_000 };
  const master = new Master({ ...own, leaseMs: 120_000, fingerprint: fingerprint(), silence });
  master.start();
  return {
    master,
    async stop() {
      await master.stop();
      await bus.close();
    },
  };
}

async function main(job: ProcessJob): Promise<void> {
  const say = (line: string) => writeSync(1, `${line}\n`);
  say("opening");
  const { master, stop } = await open(job);
  master.onProgress(({ id, state, progress }) => say(`${id} ${state} ${progress.tiles_done}`));
  const { source: path, pipeline, format, tileSize } = job;
  const source = { path, owned: false, name: "picture" };
  if (master.job(JOB) === undefined)
    await master.submit({ id: JOB, source, pipeline, tileSize, output: { format } });
  const { state, error } = await master.wait(JOB);
  say(`counts ${JSON.stringify(master.dispatched())}`);
  say(
    `ended ${JSON.stringify({ state, error, path: state === "done" ? master.resultPath(JOB) : undefined })}`,
  );
  await stop();
}

if (import.meta.main) {
  await main(JSON.parse(process.argv[2]!) as ProcessJob);
  process.exit(0); // a library keeps a handle open at times
}
