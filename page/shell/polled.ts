import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Polled<T> {
  /** The latest answer; nothing before the first. */
  readonly value: Signal<T | undefined>;
  /** Why there is none, or none newer. */
  readonly fault: Signal<unknown>;
  /** Asks now. */
  again(): Promise<void>;
}

/** What the server does not tell by itself, asked for now and then while somebody looks. */
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const value = useSignal<T | undefined>(undefined);
  const fault = useSignal<unknown>(undefined);
  const left = useSignal(new AbortController()).value;
  const again = async () => {
    try {
      value.value = await ask(left.signal);
      fault.value = undefined;
    } catch (thrown) {
      if (!left.signal.aborted) fault.value = thrown;
    }
  };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async () => {
      if (document.visibilityState === "visible") await again();
      if (!left.signal.aborted) timer = setTimeout(turn, everyMs);
    };
    void turn();
    return () => {
      left.abort();
      clearTimeout(timer);
    };
  }, []);
  return { value, fault, again };
}
