import { asTesseraError } from "./errors.ts";
import { log } from "./log.ts";

export interface Service {
  /** Ends in good order. */
  stop(): Promise<void>;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * The life of a process: starts a service, and stops it in good order at the first signal; the second one does not wait.
 * Exits with 0 after a stop, with 1 if it cannot start.
 */
export async function runService(start: () => Promise<Service> | Service): Promise<void> {
  let service: Service | undefined;
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(1);
    stopping = true;
    await service?.stop();
    // Whatever a library keeps open.
    process.exit(0);
  };
  for (const signal of SIGNALS) process.on(signal, () => void stop().catch(fail));
  try {
    service = await start();
  } catch (thrown) {
    fail(thrown);
  }
}

function fail(thrown: unknown): never {
  const { code, message, cause } = asTesseraError(thrown);
  // A line for each mistake of a configuration: in a log none has line breaks in it.
  const lines = `${message} (${code})`.split("\n");
  for (const line of lines) log.error(line, code === "internal" ? { code, err: cause ?? thrown } : { code });
  process.exit(1);
}
