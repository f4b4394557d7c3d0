import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { pause } from "../../client/patience.ts";
import { session, wantsSignIn } from "./session.ts";

/** Between one look and the next, however much is told meanwhile. */
const PAUSE_MS = 1000;

interface Refreshed<T> {
  /** Nothing until it is known. */
  readonly value: ReadonlySignal<T | undefined>;
  readonly fault: ReadonlySignal<unknown>;
  /** It may have changed: is asked for again, soon. */
  readonly refresh: () => void;
}

/**
 * What is asked of the server, and asked again when it may have changed.
 *
 * @param of what it is: something else is asked for anew
 * @param everyMs what the server does not tell of is asked for so often too, while somebody looks
 */
export function useRefreshed<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  of: string,
  everyMs?: number,
): Refreshed<T> {
  const value = useSignal<T | undefined>(undefined);
  const fault = useSignal<unknown>(undefined);
  const latest = useRef(ask);
  latest.current = ask;
  const refresh = useRef(() => {});
  const who = session.value;
  useEffect(() => {
    const end = new AbortController();
    let isBusy = false;
    let isWanted = false;
    const look = async () => {
      try {
        const found = await latest.current(end.signal);
        if (end.signal.aborted) return;
        value.value = found;
        fault.value = undefined;
      } catch (thrown) {
        if (!end.signal.aborted && !wantsSignIn(thrown)) fault.value = thrown;
      }
    };
    const follow = async () => {
      isWanted = true;
      if (isBusy) return;
      isBusy = true;
      while (isWanted && !end.signal.aborted) {
        isWanted = false;
        await look();
        await pause(PAUSE_MS, end.signal).catch(() => {}); // nobody looks any more
      }
      isBusy = false;
    };
    refresh.current = () => void follow();
    void follow();
    const turn = () => document.visibilityState === "visible" && void follow();
    const timer = everyMs === undefined ? undefined : setInterval(turn, everyMs);
    return () => {
      clearInterval(timer);
      end.abort();
    };
  }, [of, who]);
  return { value, fault, refresh: () => refresh.current() };
}
