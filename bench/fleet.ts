import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type KafkaCluster, startKafka } from "../kafka/cluster.ts";
import { createTopics } from "../shared/bus/kafka/topics.ts";
import { topicTable } from "../shared/config/kafka.ts";
import { withDefaults } from "../shared/config/table.ts";
import { linesIn } from "../test/support/lines.ts";
import type { KafkaWork, KafkaWorkDone } from "./peers/kafka_master.ts";
import type { Used } from "./peers/used.ts";

/** A process that answers a line with a line, and says with each what it has used. */
export class Asked<Q, A> {
  private readonly child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  private readonly lines: AsyncIterator<string>;

  constructor(script: string, args: readonly string[]) {
    this.child = Bun.spawn([process.execPath, new URL(script, import.meta.url).pathname, ...args], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.lines = linesIn(this.child.stdout);
  }

  async ready(): Promise<void> {
    await this.line();
  }

  async ask(question: Q): Promise<A & { readonly used: Used }> {
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
    await this.child.stdin.flush();
    const answer = JSON.parse(await this.line()) as A & { used: Used; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async end(): Promise<void> {
    await this.child.stdin.end();
    await this.child.exited;
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error("the process has ended");
    return value;
  }
}

export interface WorkerSpec {
  readonly threads: number;
  /** Each tile takes at least so long, without using a core. */
  readonly tileMs?: number;
}

/** A real Kafka for the time of a bench, and fleets upon it, one after the other. */
export class BenchKafka {
  readonly folder = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  private fleets = 0;

  private constructor(readonly cluster: KafkaCluster) {}

  static async start(): Promise<BenchKafka> {
    return new BenchKafka(await startKafka({ lasting: true }));
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Topics that no other fleet has. */
  async installation(): Promise<string> {
    const prefix = `bench-${this.fleets++}.`;
    const settings = { brokers: [this.cluster.address], prefix };
    const faults = await createTopics(settings, topicTable(withDefaults({})));
    if (faults.length > 0) throw new Error(faults.join(" "));
    return prefix;
  }

  /** A master and its workers, for the time of `use`. */
  async withFleet<T>(workers: readonly WorkerSpec[], use: (fleet: Fleet) => Promise<T>): Promise<T> {
    const prefix = await this.installation();
    const { address } = this.cluster;
    const master = new Asked<KafkaWork, KafkaWorkDone>("./peers/kafka_master.ts", [
      ...[address, prefix, join(this.folder, prefix)],
    ]);
    const started = workers.map((spec) => this.worker(prefix, spec));
    try {
      await Promise.all([master, ...started].map((each) => each.ready()));
      return await use(new Fleet(prefix, master, started));
    } finally {
      await Promise.all(started.map((each) => each.end()));
      await master.end();
    }
  }

  worker(prefix: string, { threads, tileMs }: WorkerSpec): Asked<object, { sentBytes: number }> {
    const args = [
      this.cluster.address,
      prefix,
      String(threads),
      ...(tileMs === undefined ? [] : [String(tileMs)]),
    ];
    return new Asked("./peers/kafka_worker.ts", args);
  }

  /** CPU milliseconds that the broker has used; nothing where the system does not say so. */
  brokerCpuMs(): number | undefined {
    const { pid } = this.cluster.nodes[0]!;
    try {
      // Fields 14 and 15, user and system time in hundredths of a second; the name before them may have blanks.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    } catch {
      return undefined;
    }
  }
}

/** Threads of each of `count` workers that share this machine. */
export const threadsEach = (count: number): number => Math.max(1, Math.floor(availableParallelism() / count));

export interface FleetRun extends KafkaWorkDone {
  readonly masterCpuMs: number;
  readonly workersCpuMs: number;
  readonly wireBytes: number;
  readonly rssBytes: { readonly master: number; readonly workers: readonly number[] };
}

export class Fleet {
  constructor(
    /** Of its topics. */
    readonly prefix: string,
    private readonly master: Asked<KafkaWork, KafkaWorkDone>,
    private readonly workers: readonly Asked<object, { sentBytes: number }>[],
  ) {}

  /** CPU of an idle fleet. */
  async idle(ms: number): Promise<{ readonly masterCpuMs: number; readonly workersCpuMs: number }> {
    const before = await this.used(this.workers.length);
    await new Promise((resolve) => setTimeout(resolve, ms));
    const after = await this.used(this.workers.length);
    const ofWorkers = after.workers.map(({ used }, i) => used.cpuMs - before.workers[i]!.used.cpuMs);
    return {
      masterCpuMs: after.master.used.cpuMs - before.master.used.cpuMs,
      workersCpuMs: ofWorkers.reduce((sum, value) => sum + value, 0),
    };
  }

  async run(work: KafkaWork): Promise<FleetRun> {
    const workers = this.workers.length;
    const before = await this.used(workers);
    const done = await this.master.ask({ ...work, workers });
    const after = await Promise.all(this.workers.map((each) => each.ask({})));
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const ofWorkers = sum(after.map(({ sentBytes }, i) => sentBytes - before.workers[i]!.sentBytes));
    return {
      ...done,
      masterCpuMs: done.used.cpuMs - before.master.used.cpuMs,
      workersCpuMs: sum(after.map(({ used }, i) => used.cpuMs - before.workers[i]!.used.cpuMs)),
      wireBytes: done.sentBytes - before.master.sentBytes + ofWorkers,
      rssBytes: { master: done.used.rssBytes, workers: after.map(({ used }) => used.rssBytes) },
    };
  }

  private async used(workers: number) {
    const [master, ...rest] = await Promise.all([
      this.master.ask({ workers }),
      ...this.workers.map((each) => each.ask({})),
    ]);
    return { master: master!, workers: rest };
  }
}
