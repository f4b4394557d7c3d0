import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DispatchCounts } from "../../master/dispatch/dispatcher.ts";
import { linesIn } from "../support/lines.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { inLong, picture, spec } from "./harness.ts";
import type { ProcessJob } from "./job_process.ts";
import { type Random, seeded } from "./random.ts";

const SEEDS = inLong(2, 20);
/** Twenty seconds where nobody else is at work. */
const LIMIT_MS = 280_000;
const WORKERS = 3;
/** Two stages of 1024 tiles. */
const SOURCE = spec(2048, 2048, 1);
const CASE = { pipeline: "blur(sigma=1.2) | contrast | sharpen", format: "png", tileSize: 64 } as const;
const TILES = 2048;

const ROOT = join(import.meta.dir, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "tessera-drill-"));
let source = "";
let expected: Buffer;

/** What is done to the fleet, each once this many tiles are done. */
interface Event {
  readonly at: number;
  readonly what: "kill" | "leave" | "join" | "broker" | "master" | "both";
}

/** Kills, leaves and joins at random moments, and one restart of the broker; in some seeds the master dies too. */
function eventsOf(seed: number, random: Random): Event[] {
  const at = () => 50 + random.below(TILES - 150);
  const fleet = Array.from({ length: 3 + random.below(3) }, () =>
    random.pick(["kill", "leave", "join"] as const),
  );
  const master = (["none", "master", "both"] as const)[seed % 3]!;
  const all = ["kill", "broker", ...fleet, ...(master === "none" ? [] : [master])] as const;
  return all.map((what) => ({ at: at(), what })).sort((a, b) => a.at - b.at);
}

class Fleet {
  private workers: Bun.Subprocess[] = [];
  private master: Bun.Subprocess<"ignore", "pipe", "inherit"> | undefined;
  readonly counts: DispatchCounts = { sent: 0, sentAgain: 0, returned: 0, ignored: 0 };
  killed = 0;

  constructor(
    private readonly job: ProcessJob & {
      readonly kafka: { readonly broker: string; readonly prefix: string };
    },
    private readonly random: Random,
    private readonly restartBroker: () => Promise<void>,
  ) {}

  /** The path of the result. Whatever ends before the job has ended is started again. */
  async run(events: readonly Event[]): Promise<string> {
    for (let i = 0; i < WORKERS; i++) this.join();
    const left = [...events];
    let restarting: Promise<void> = Promise.resolve();
    for (;;) {
      this.master = Bun.spawn(
        [process.execPath, join(import.meta.dir, "job_process.ts"), JSON.stringify(this.job)],
        {
          stdin: "ignore",
          stdout: "pipe",
          stderr: "inherit",
        },
      );
      for await (const line of linesIn(this.master.stdout)) {
        const [first, ...rest] = line.split(" ");
        if (first === "counts") this.count(JSON.parse(rest.join(" ")) as DispatchCounts);
        if (first === "ended") {
          const { state, error, path } = JSON.parse(rest.join(" "));
          expect([state, error]).toEqual(["done", undefined]);
          await restarting;
          return path;
        }
        while (left.length > 0 && Number(rest[1] ?? 0) >= left[0]!.at) {
          const { what } = left.shift()!;
          if (what === "broker") restarting = this.restartBroker();
          else this.disturb(what);
        }
      }
      await this.master.exited;
    }
  }

  async end(): Promise<void> {
    const all = [...this.workers, ...(this.master ? [this.master] : [])];
    for (const child of all) child.kill("SIGKILL");
    await Promise.all(all.map(({ exited }) => exited));
  }

  private disturb(what: Exclude<Event["what"], "broker">): void {
    if (what === "master" || what === "both") this.master?.kill("SIGKILL");
    if (what === "join") this.join();
    if (what === "leave") this.pick()?.kill("SIGTERM");
    if (what === "kill" || what === "both") {
      this.pick()?.kill("SIGKILL");
      this.killed++;
      this.join(); // as whoever runs it would
    }
    if (this.workers.length === 0) this.join();
  }

  private pick(): Bun.Subprocess | undefined {
    return this.workers.splice(this.random.below(this.workers.length), 1)[0];
  }

  private join(): void {
    const { broker, prefix } = this.job.kafka;
    const env = {
      ...process.env,
      TESSERA_KAFKA_BROKERS: broker,
      TESSERA_KAFKA_PREFIX: prefix,
      TESSERA_THREADS: "1",
    };
    const command = [process.execPath, join(ROOT, "worker", "main.ts")];
    this.workers.push(Bun.spawn(command, { env, stdin: "ignore", stdout: "ignore", stderr: "ignore" }));
  }

  private count(counts: DispatchCounts): void {
    for (const name of Object.keys(counts) as (keyof DispatchCounts)[]) this.counts[name] += counts[name];
  }
}

beforeAll(async () => {
  source = await picture(folder, SOURCE);
  const dir = join(folder, "embedded");
  const script = join(import.meta.dir, "job_process.ts");
  const job: ProcessJob = { ...CASE, source, dir };
  const child = Bun.spawn([process.execPath, script, JSON.stringify(job)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const ended = (await child.stdout.text()).split("\n").find((line) => line.startsWith("ended "))!;
  expected = readFileSync((JSON.parse(ended.slice(6)) as { path: string }).path);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeOnKafka("P3, P4: three workers over Kafka in bad weather give the embedded mode's bytes", (kafka) => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    "seed %d",
    async (seed) => {
      const { brokers, prefix = "" } = await kafka.installation();
      const random = seeded(seed);
      const events = eventsOf(seed, random);
      const dir = join(folder, `master-${seed}`);
      const job = { ...CASE, source, dir, kafka: { broker: brokers[0]!, prefix } };
      const fleet = new Fleet(job, random, () => kafka.broker().restart());
      const begun = performance.now();
      try {
        const path = await fleet.run(events);
        expect(readFileSync(path).equals(expected)).toBe(true);
      } finally {
        await fleet.end();
      }
      const { sent, sentAgain, returned, ignored } = fleet.counts;
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      const names = events.map(({ what }) => what).join(" ");
      console.log(
        `seed ${seed} (${names}): ${seconds} s; of ${TILES} tiles sent ${sent}, again ${sentAgain}, returned ${returned}, done twice ${ignored}`,
      );
    },
    LIMIT_MS,
  );
});
