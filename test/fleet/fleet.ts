import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTopics, type TopicTable } from "../../shared/bus/kafka/topics.ts";
import { smallTopics } from "../support/on_kafka.ts";
import { MasterClient } from "./master_client.ts";
import type { Oddity } from "./odd_worker.ts";
import { Process } from "./processes.ts";
import { Watch } from "./watch.ts";

type Environment = Readonly<Record<string, string>>;

/** Fewer partitions than in earnest: they are made for every test. */
const TOPICS = { TESSERA_KAFKA_TASKS_PARTITIONS: "6", TESSERA_KAFKA_RESULTS_PARTITIONS: "2" };

let fleets = 0;

/** A master and workers in processes of their own on one Kafka, in a folder of their own. */
export class Fleet {
  readonly folder = mkdtempSync(join(tmpdir(), "tessera-fleet-"));
  private readonly processes: Process[] = [];
  private watching: Watch | undefined;
  /** Whatever ends now is not to be started again. */
  ended = false;

  private constructor(
    private readonly broker: string,
    readonly prefix: string,
  ) {}

  /**
   * With topics and groups that no other has; the first master creates them. Whatever has been started is ended
   * afterwards, and its files are removed.
   *
   * @param broker host:port
   */
  static async run(broker: string, body: (fleet: Fleet) => Promise<void>): Promise<void> {
    const fleet = new Fleet(broker, `fleet-${fleets++}.`);
    try {
      await body(fleet);
    } finally {
      fleet.ended = true;
      await fleet.watching?.close();
      await Promise.all(fleet.processes.map((each) => each.end("SIGKILL")));
      rmSync(fleet.folder, { recursive: true, force: true });
    }
  }

  /** Not waited for. Started again, it has the same folder. */
  startMaster(env: Environment = {}): Process {
    const dir = join(this.folder, "master");
    return this.start(["master/main.ts"], { TESSERA_DIR: dir, ...env });
  }

  /** Not waited for. */
  startWorker(env: Environment = {}): Process {
    return this.start(["worker/main.ts"], env);
  }

  /** Not waited for. */
  startOddWorker(oddity: Oddity, env: Environment = {}): Process {
    return this.start(["test/fleet/odd_worker.ts", JSON.stringify(oddity)], env);
  }

  /** One that listens. */
  async master(env: Environment = {}): Promise<{ process: Process; client: MasterClient }> {
    const process = this.startMaster(env);
    return { process, client: await clientOf(process) };
  }

  /** Workers that have their share of the work. */
  workers(count: number, env: Environment = {}): Promise<Process[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const worker = this.startWorker(env);
        await worker.says("works on");
        return worker;
      }),
    );
  }

  /** For whoever goes about by himself. */
  get settings() {
    return { brokers: [this.broker], prefix: this.prefix };
  }

  /** Once the topics are there. */
  async watch(): Promise<Watch> {
    this.watching ??= await Watch.open(this.settings);
    return this.watching;
  }

  /** Makes the topics, as somebody who may. @param changes by topic */
  async createTopics(changes: Partial<TopicTable> = {}): Promise<void> {
    await createTopics(this.settings, { ...smallTopics(1), ...changes });
  }

  start(command: readonly string[], env: Environment = {}): Process {
    const started = new Process(command, {
      ...TOPICS,
      TESSERA_KAFKA_BROKERS: this.broker,
      TESSERA_KAFKA_PREFIX: this.prefix,
      TESSERA_PORT: "0",
      TESSERA_THREADS: "1",
      TESSERA_LIMITS_FREE_BYTES: "0",
      ...env,
    });
    this.processes.push(started);
    return started;
  }
}

/** Of a master that says where it listens. */
export async function clientOf(master: Process): Promise<MasterClient> {
  const line = await master.says("The master listens on");
  return new MasterClient(/http:\S+(?=,)/.exec(line)![0]);
}
