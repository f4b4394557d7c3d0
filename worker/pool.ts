import { Piscina } from "piscina";
import type { ThreadInput, ThreadOutput } from "./protocol.ts";

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

  run(input: ThreadInput): Promise<ThreadOutput> {
    return this.piscina.run(input);
  }

  async close(): Promise<void> {
    await this.piscina.destroy();
  }
}
