import { peakRssBytes } from "../../shared/peak_memory.ts";
import { linesIn } from "../../test/support/lines.ts";

/** What a process has used so far. */
export interface Used {
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
}

/** Answers each line on standard input with what `serve` makes of it and what the process has used until then. */
export async function serveUsed(serve: (asked: unknown) => Promise<object>): Promise<void> {
  process.stdout.write("{}\n"); // ready
  for await (const line of linesIn(Bun.stdin.stream())) {
    const answer = await serve(JSON.parse(line)).catch((thrown: unknown) => ({ error: String(thrown) }));
    const { user, system } = process.cpuUsage();
    const used: Used = {
      cpuMs: (user + system) / 1000,
      rssBytes: process.memoryUsage.rss(),
      peakRssBytes: peakRssBytes(),
    };
    process.stdout.write(`${JSON.stringify({ ...answer, used })}\n`);
  }
}
