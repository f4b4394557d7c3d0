import { cpus, loadavg, totalmem } from "node:os";

/** What one run cost: wall and CPU in milliseconds. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssBytes: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

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
    this.lines = linesOf(this.child.stdout);
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
export async function servePeer<W>(work: (asked: W) => Promise<void>): Promise<void> {
  for await (const line of linesOf(Bun.stdin.stream())) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    let error: string | undefined;
    await work(JSON.parse(line) as W).catch((thrown: unknown) => {
      error = String(thrown);
    });
    const wallMs = performance.now() - start;
    const used = process.cpuUsage(cpu);
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    process.stdout.write(
      `${JSON.stringify({ wallMs, cpuMs: (used.user + used.system) / 1000, peakRssBytes, error })}\n`,
    );
  }
}

export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}

/** What the figures depend on beside the code. */
export const environment = () => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryBytes: totalmem(),
  load: loadavg()[0],
  bun: Bun.version,
  platform: `${process.platform}-${process.arch}`,
});

/** Rows of texts as an aligned table; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
    )
    .join("\n");
}
