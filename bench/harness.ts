import { peakRssBytes } from "../shared/peak_memory.ts";
import { linesIn } from "../test/support/lines.ts";

/** What one run cost: wall and CPU in milliseconds. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Of the process, since its start. */
  readonly peakRssBytes: number;
  /** Milliseconds by name, where the peer says so. */
  readonly phases?: Readonly<Record<string, number>>;
}

/** A process that does one piece of work each time that it is asked, warm like a service. */
export class Peer {
  private readonly child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  private readonly lines: AsyncIterator<string>;

  constructor(script: string, args: readonly string[] = []) {
    this.child = Bun.spawn([process.execPath, new URL(script, import.meta.url).pathname, ...args], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.lines = linesIn(this.child.stdout);
  }

  /** Has it do `work` once. */
  async run(work: unknown): Promise<Cost> {
    this.child.stdin.write(`${JSON.stringify(work)}\n`);
    await this.child.stdin.flush();
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error("the peer has ended");
    const answer = JSON.parse(value) as Cost & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async close(): Promise<void> {
    await this.child.stdin.end();
    await this.child.exited;
  }
}

/** The peer's side: reads work from standard input and answers each with what it cost. */
export async function servePeer<W>(work: (asked: W) => Promise<Pick<Cost, "phases">>): Promise<void> {
  for await (const line of linesIn(Bun.stdin.stream())) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const said = await work(JSON.parse(line) as W).catch((thrown: unknown) => ({ error: String(thrown) }));
    const wallMs = performance.now() - start;
    const used = process.cpuUsage(cpu);
    const cpuMs = (used.user + used.system) / 1000;
    const cost: Cost = { wallMs, cpuMs, peakRssBytes: peakRssBytes() };
    process.stdout.write(`${JSON.stringify({ ...cost, ...said })}\n`);
  }
}

/** Milliseconds that `work` takes. */
async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export interface Rounds {
  readonly warmups: number;
  readonly repeats: number;
}

/**
 * What is compared takes turns, so that a change of the machine's speed meets all of it; each round goes the other way
 * round than the one before, so that nobody always follows the same neighbour. Gives each one's values, by round.
 */
export async function interleaved<T>(
  contestants: readonly (() => T | Promise<T>)[],
  { warmups, repeats }: Rounds,
): Promise<T[][]> {
  const found: T[][] = contestants.map(() => []);
  const order = contestants.map((_, i) => i);
  for (let round = 0; round < warmups + repeats; round++) {
    for (const i of round % 2 === 0 ? order : order.toReversed()) {
      const value = await contestants[i]!();
      if (round >= warmups) found[i]!.push(value);
    }
  }
  return found;
}

/** A sample is at least so long, as far as so many runs make it: a clock's tick is no figure. */
const SAMPLE_MS = 0.5;
const BATCH_MAX = 16;
const SAMPLES = 3;

/** Milliseconds of one `run`, each time that it is asked: over so many that a clock's tick is no figure. */
export async function batchOf(
  run: () => unknown,
  { warmMs }: { readonly warmMs: number },
): Promise<() => Promise<number>> {
  const begun = performance.now();
  let once = await timed(run);
  while (performance.now() - begun < warmMs) once = Math.min(once, await timed(run));
  const count = Math.min(BATCH_MAX, Math.max(1, Math.ceil(SAMPLE_MS / once)));
  const batch = async () => {
    for (let i = 0; i < count; i++) await run();
  };
  return async () => (await timed(batch)) / count;
}

/** For what is short: the quickest of a few samples, since whoever else wants the core can only make it slower. */
export async function quickest(
  run: () => unknown,
  options: { readonly warmMs: number },
): Promise<() => Promise<number>> {
  const batch = await batchOf(run, options);
  return async () => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < SAMPLES; i++) least = Math.min(least, await batch());
    return least;
  };
}
