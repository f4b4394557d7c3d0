import type { EngineName, FormatName } from "./op_cases.ts";
import type { ThreadAsked } from "./peers/op_thread.ts";

/** Threads that run the same op at once, each on tiles of its own. */
export class OpThreads {
  private readonly threads: Worker[];

  constructor(readonly count: number) {
    const url = new URL("./peers/op_thread.ts", import.meta.url);
    this.threads = Array.from({ length: count }, () => new Worker(url));
  }

  async make(op: string, format: FormatName, side: number): Promise<void> {
    await this.all({ what: "case", op, format, side });
  }

  /** Milliseconds until every thread has run `tiles` tiles. */
  async run(engine: EngineName, tiles: number): Promise<number> {
    const start = performance.now();
    await this.all({ what: "run", engine, tiles });
    return performance.now() - start;
  }

  async end(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }

  private async all(asked: ThreadAsked): Promise<void> {
    await Promise.all(
      this.threads.map(
        (thread) =>
          new Promise<void>((resolve, reject) => {
            thread.onmessage = () => resolve();
            thread.onerror = ({ message }) => reject(new Error(message));
            thread.postMessage(asked);
          }),
      ),
    );
  }
}
