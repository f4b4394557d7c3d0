/**
 * The service over HTTP, as its clients meet it: small jobs a second, how long one waits for its job, and how many
 * questions about a job are answered a second. Server and clients share the machine.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, hasEnded } from "../client/client.ts";
import { writePicture } from "../samples/write.ts";
import type { JobView } from "../shared/api/job.ts";
import { linesIn } from "../test/support/lines.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { type Metric, metricOf } from "./record.ts";
import { shortNumber, table } from "./report/table.ts";
import { median } from "./stats.ts";

const MAIN = new URL("../embedded/main.ts", import.meta.url).pathname;
const PIPELINE = "resize(width=160) | sharpen";

export interface ServiceBench {
  /** How many at once. */
  readonly clients: readonly number[];
  /** In each run, of all clients together. */
  readonly jobs: number;
  readonly requests: number;
  readonly repeats: number;
}

/** By run. Milliseconds are from before an image is sent until its job is done. */
interface ServiceRow {
  readonly clients: number;
  readonly jobsPerSecond: number[];
  readonly p50Ms: number[];
  readonly p99Ms: number[];
  readonly requestsPerSecond: number[];
}

export async function benchService({
  clients,
  jobs,
  requests,
  repeats,
}: ServiceBench): Promise<ServiceRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  const path = join(dir, "small.jpg");
  await writePicture(path, { width: 320, height: 240, channels: 3, depth: 8, seed: 1 });
  const image = new Blob([readFileSync(path)], { type: "image/jpeg" });
  const server = await startService(join(dir, "data"));
  const jobsOf = new Jobs(server.url, image);
  try {
    await jobsOf.run(8, Math.min(jobs, 100)); // what runs seldom is not compiled yet
    const rows: ServiceRow[] = [];
    for (const count of clients) {
      const row: ServiceRow = {
        clients: count,
        jobsPerSecond: [],
        p50Ms: [],
        p99Ms: [],
        requestsPerSecond: [],
      };
      for (let i = 0; i < repeats; i++) {
        row.jobsPerSecond.push(await jobsOf.flood(count, jobs));
        const waits = await jobsOf.run(count, jobs);
        row.p50Ms.push(quantile(waits, 0.5));
        row.p99Ms.push(quantile(waits, 0.99));
        row.requestsPerSecond.push(await jobsOf.ask(count, requests));
      }
      rows.push(row);
    }
    return rows;
  } finally {
    jobsOf.stop();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A process of its own, with no limit on how often one may ask. */
async function startService(dir: string) {
  const limits = { TESSERA_LIMITS_REQUESTS_PER_MINUTE: "0", TESSERA_LIMITS_ADDRESS_REQUESTS_PER_MINUTE: "0" };
  const env = { ...process.env, TESSERA_DIR: dir, TESSERA_PORT: "0", UV_THREADPOOL_SIZE: "16", ...limits };
  const child = Bun.spawn([process.execPath, MAIN], { env, stdout: "pipe", stderr: "ignore" });
  for await (const line of linesIn(child.stdout)) {
    const url = /http:\/\/[^\s"]+/.exec(line)?.[0];
    if (url === undefined) continue;
    const stop = () => {
      child.kill("SIGTERM");
      return child.exited;
    };
    return { url, stop };
  }
  throw new Error("the service did not start");
}

/** Jobs of some clients, whose ends one stream of events tells. */
class Jobs {
  private readonly client: Client;
  private readonly watching = new AbortController();
  private readonly ended = new Map<string, JobView>();
  private readonly waiting = new Map<string, (job: JobView) => void>();

  constructor(
    url: string,
    private readonly image: Blob,
  ) {
    this.client = createClient({ url });
    void this.watch().catch(() => {}); // it ends by being stopped
  }

  stop(): void {
    this.watching.abort();
  }

  /** Each client sends its next image when its last job is done. Gives milliseconds until done. */
  async run(clients: number, jobs: number): Promise<number[]> {
    const waits: number[] = [];
    await each(clients, jobs, async () => {
      const sent = Date.now();
      const { id } = await this.submit();
      // What tells of an end gathers for a moment; the job itself says when it was.
      waits.push(Date.parse((await this.end(id)).ended_at!) - sent);
    });
    return waits;
  }

  /** Each client sends its next image when its last one is taken in. Gives jobs done a second. */
  async flood(clients: number, jobs: number): Promise<number> {
    const start = Date.now();
    const ids: string[] = [];
    await each(clients, jobs, async () => ids.push((await this.submit()).id));
    const ends = await Promise.all(ids.map((id) => this.end(id)));
    const last = Math.max(...ends.map(({ ended_at }) => Date.parse(ended_at!)));
    return jobs / ((last - start) / 1000);
  }

  /** Gives answers a second to `GET /v1/jobs/{id}`. */
  async ask(clients: number, requests: number): Promise<number> {
    const { id } = await this.submit();
    await this.end(id);
    const start = performance.now();
    await each(clients, requests, () => this.client.getJob({ id }));
    return requests / ((performance.now() - start) / 1000);
  }

  private submit(): Promise<JobView> {
    return this.client.submit(this.image, { pipeline: PIPELINE });
  }

  private async end(id: string): Promise<JobView> {
    const job =
      this.ended.get(id) ?? (await new Promise<JobView>((resolve) => this.waiting.set(id, resolve)));
    this.ended.delete(id);
    if (job.state !== "done") throw new Error(job.error?.message ?? job.state);
    return job;
  }

  private async watch(): Promise<void> {
    for await (const job of this.client.watchAll({ signal: this.watching.signal })) {
      if (!hasEnded(job)) continue;
      const waiter = this.waiting.get(job.id);
      this.waiting.delete(job.id);
      if (waiter === undefined) this.ended.set(job.id, job);
      else waiter(job);
    }
  }
}

/** Does something so many times, so many at once. */
async function each(atOnce: number, times: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const next = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

/** By the nearest rank. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export function printService(rows: readonly ServiceRow[]): string {
  const shown = rows.map(({ clients, jobsPerSecond, p50Ms, p99Ms, requestsPerSecond }) => [
    `${clients}`,
    ...[jobsPerSecond, p50Ms, p99Ms, requestsPerSecond].map((values) => shortNumber(median(values))),
  ]);
  return [
    `Jobs of 320 × 240 pixels (${PIPELINE}) over HTTP, server and clients on this machine`,
    table(["clients", "jobs/s", "until done p50 ms", "p99 ms", "GET /v1/jobs/{id} /s"], shown),
  ].join("\n");
}

function metricsOf({ clients, jobsPerSecond, p50Ms, p99Ms, requestsPerSecond }: ServiceRow): Metric[] {
  const label = `${clients} clients`;
  const more = (id: string, unit: string, values: number[]) =>
    metricOf({ id: `${id}/${label}`, unit, better: "higher", kind: "absolute" }, values);
  const less = (id: string, values: number[]) =>
    metricOf({ id: `${id}/${label}`, unit: "ms", better: "lower", kind: "absolute" }, values);
  return [
    more("small jobs", "1/s", jobsPerSecond),
    less("until done, p50", p50Ms),
    less("until done, p99", p99Ms),
    more("questions about a job", "1/s", requestsPerSecond),
  ];
}

export async function findService({
  effort,
  repeats = effort === "quick" ? 1 : 3,
}: BenchOptions): Promise<Findings> {
  const quick = effort === "quick";
  const usual = effort === "usual" ? { jobs: 200, requests: 5000 } : { jobs: 300, requests: 10_000 };
  const sizes = quick ? { jobs: 100, requests: 2000 } : usual;
  const rows = await benchService({ clients: [1, 8, 64], ...sizes, repeats });
  return { metrics: rows.flatMap(metricsOf), rows, text: printService(rows) };
}
