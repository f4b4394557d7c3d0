import { Piscina } from "piscina";
import { TesseraError } from "../shared/errors.ts";
import type { ThreadInput, ThreadOutput } from "../shared/ops/tile_task.ts";

/** The threads that compute tiles. A thread that dies costs its tile one attempt and is replaced. */
export class TilePool {
  private readonly piscina: Piscina<ThreadInput, ThreadOutput>;

  constructor(threads: number, module = new URL("./thread.ts", import.meta.url)) {
    this.piscina = new Piscina<ThreadInput, ThreadOutput>({
      filename: module.href,
      minThreads: threads,
      maxThreads: threads,
      // With the default, memory of finished tasks is not given back under Bun, and a round trip takes three times as long.
      atomics: "disabled",
      idleTimeout: Number.POSITIVE_INFINITY,
    });
    // A thread's death rejects its task, which is where it is handled; unheard here, it would end the process.
    this.piscina.on("error", () => {});
  }

  /** @throws tile_failed if it takes longer than `limitMs`: its thread is ended and replaced */
  async run(input: ThreadInput, limitMs: number): Promise<ThreadOutput> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), limitMs);
    try {
      return await this.piscina.run(input, { signal: abort.signal });
    } catch (thrown) {
      if (abort.signal.aborted)
        throw new TesseraError("tile_failed", `It took longer than ${limitMs / 1000} s.`);
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.piscina.destroy();
  }
}
