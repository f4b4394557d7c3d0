import { availableParallelism } from "node:os";
import { Piscina } from "piscina";

interface ThreadsOptions {
  /** Threads that wait for nothing so long end; the next task begins one anew, which takes it a moment. */
  readonly idleMs: number;
  /** That are kept in any case. */
  readonly least?: number;
}

/** Threads of the master's own, at most one a core, that each run the module. */
export function openThreads<T, R>(module: URL, { idleMs, least = 0 }: ThreadsOptions): Piscina<T, R> {
  const threads = new Piscina<T, R>({
    filename: module.href,
    minThreads: least,
    maxThreads: availableParallelism(),
    idleTimeout: idleMs,
    // with the default, memory of finished tasks is not given back under Bun
    atomics: "disabled",
  });
  // a thread's death rejects its task, which is where it is handled; unheard here, it would end the process
  threads.on("error", () => {});
  return threads;
}
