import { EXIT } from "../failure.ts";

/** Does what can be left in the middle. Gives its exit code, or the one that says that it was interrupted. */
export async function interruptible(act: (interrupted: AbortSignal) => Promise<number>): Promise<number> {
  const { signal, end } = interruption();
  try {
    return await act(signal);
  } catch (thrown) {
    if (signal.aborted) return EXIT.interrupted;
    throw thrown;
  } finally {
    end();
  }
}

/** The first Ctrl-C (or SIGTERM) asks for an orderly end, the second one does not ask. */
export function interruption(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return {
    signal: controller.signal,
    end() {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    },
  };
}
