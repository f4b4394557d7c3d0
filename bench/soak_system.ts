/** What a soak runs on: a master in this process, and workers in it too (memory) or in processes that come and go (Kafka). */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../embedded/engine.ts";
import { startKafka } from "../kafka/cluster.ts";
import { DEFAULT_LIMITS } from "../master/limits.ts";
import { Master } from "../master/master.ts";
import { BufferPool } from "../shared/buffers.ts";
import { KafkaBus } from "../shared/bus/kafka/driver.ts";
import { createTopics } from "../shared/bus/kafka/topics.ts";
import { topicTable } from "../shared/config/kafka.ts";
import { withDefaults } from "../shared/config/table.ts";
import { fingerprint } from "../shared/ops/fingerprint.ts";
import type { Random } from "../test/engine/random.ts";

export const FAULTS = ["kill", "leave", "join", "broker"] as const;
export type Fault = (typeof FAULTS)[number];

export interface SoakSystem {
  readonly master: Master;
  /** Does something to it; nothing where there is nothing to be done. */
  disturb(fault: Fault): Promise<void>;
  /** Resident bytes of the worker that is never disturbed; nothing where it is in this process. */
  workerRss(): number | undefined;
  stop(): Promise<void>;
}

export function memorySystem(): SoakSystem {
  const { master, stop } = openEngine();
  return { master, stop, disturb: async () => {}, workerRss: () => undefined };
}

const WORKERS_MAX = 4;
const PREFIX = "soak.";

export async function kafkaSystem(random: Random): Promise<SoakSystem> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  const cluster = await startKafka({ lasting: true });
  const settings = { brokers: [cluster.address], prefix: PREFIX };
  const faults = await createTopics(settings, topicTable(withDefaults({})));
  if (faults.length > 0) throw new Error(faults.join(" "));
  const bus = await KafkaBus.connect({ settings });
  const dir = join(folder, "master");
  mkdirSync(dir);
  const master = new Master({
    ...{ dir, bus, buffers: new BufferPool(), limits: DEFAULT_LIMITS, threads: 2, durable: true },
    ...{ leaseMs: 120_000, fingerprint: fingerprint() },
    silence: { silentAfterMs: 2000, lostAfterMs: 10_000 },
  });
  master.start();
  const workers = new Workers(cluster.address, random);
  workers.join();
  return {
    master,
    async disturb(fault) {
      if (fault === "broker") await cluster.restart();
      else workers.disturb(fault);
    },
    workerRss: () => workers.watchedRss(),
    async stop() {
      await master.stop();
      await workers.end();
      await bus.close();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The first is watched and left alone; the others are killed, sent home and joined by more. */
class Workers {
  private readonly watched: Bun.Subprocess;
  private readonly others: Bun.Subprocess[] = [];
  private readonly gone: Bun.Subprocess[] = [];

  constructor(
    private readonly broker: string,
    private readonly random: Random,
  ) {
    this.watched = this.start();
  }

  disturb(fault: Exclude<Fault, "broker">): void {
    if (fault === "join") this.join();
    else this.pick()?.kill(fault === "kill" ? "SIGKILL" : "SIGTERM");
    if (this.others.length === 0) this.join();
  }

  join(): void {
    if (this.others.length < WORKERS_MAX) this.others.push(this.start());
  }

  watchedRss(): number | undefined {
    try {
      const said = readFileSync(`/proc/${this.watched.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(said)![1]) * 1024;
    } catch {
      return undefined; // a system without /proc
    }
  }

  async end(): Promise<void> {
    const all = [this.watched, ...this.others, ...this.gone];
    for (const child of all) child.kill("SIGKILL");
    await Promise.all(all.map(({ exited }) => exited));
  }

  private pick(): Bun.Subprocess | undefined {
    const [picked] = this.others.splice(this.random.below(this.others.length), 1);
    if (picked !== undefined) this.gone.push(picked);
    return picked;
  }

  private start(): Bun.Subprocess {
    const own = { TESSERA_KAFKA_BROKERS: this.broker, TESSERA_KAFKA_PREFIX: PREFIX, TESSERA_THREADS: "1" };
    const command = [process.execPath, new URL("../worker/main.ts", import.meta.url).pathname];
    const env = { ...process.env, ...own };
    return Bun.spawn(command, { env, stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  }
}
