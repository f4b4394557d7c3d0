import type { Keeper } from "./keeper.ts";

const STARTED = "Kafka Server started";
const START_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 30_000;
const SAID_CHARACTERS_MAX = 100_000;

export interface NodeOptions {
  /** host:port of the listener that is open to everybody. */
  readonly address: string;
  readonly command: readonly string[];
  readonly keeper: Keeper;
}

/** One process of Kafka's. Its ports and its data stay the same however often it is started. */
export class KafkaNode {
  readonly address: string;
  private child: Child | undefined;
  private said = "";

  constructor(private readonly options: NodeOptions) {
    this.address = options.address;
  }

  /** Of the process, while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when clients are served; at once if it runs. @throws Error with what Kafka said, if it does not start */
  async start(): Promise<void> {
    if (this.isRunning()) return;
    const child = spawnNode(this.options.command);
    this.child = child;
    this.said = "";
    const { keeper } = this.options;
    keeper.keep(child.pid);
    void child.exited.then(() => keeper.forget(child.pid));
    const watchdog = setTimeout(() => child.kill("SIGKILL"), START_LIMIT_MS);
    try {
      await this.started(child);
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    this.child?.kill("SIGKILL");
    await this.child?.exited;
  }

  /** Ends it in good order; one that takes too long is killed. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const watchdog = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    child.kill("SIGTERM");
    await child.exited;
    clearTimeout(watchdog);
  }

  /** Resolves when the process has ended, for whatever reason, with the end of what it said. */
  async ended(): Promise<string> {
    await this.child?.exited;
    return this.said;
  }

  private isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  private started(child: Child): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // what nobody reads would fill the pipe and stop the node
    const read = async () => {
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        this.said = (this.said + text).slice(-SAID_CHARACTERS_MAX);
        if (this.said.includes(STARTED)) resolve();
      }
      reject(new Error(`Kafka did not start:\n${this.said}`));
    };
    void read().catch(reject);
    return promise;
  }
}

type Child = ReturnType<typeof spawnNode>;

const spawnNode = (command: readonly string[]) =>
  Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
