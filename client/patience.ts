import { asTesseraError } from "../shared/errors.ts";
import { ProblemError } from "./problem.ts";

/** How often, and after what time, a request is made again. */
const FIRST_MS = 200;
const LONGEST_MS = 10_000;
/** A server that wants to be left alone for longer is told to the caller at once. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Statuses of a server, or of what stands before it, that has not done what it was asked. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The more often it failed the longer, and not at the same time as everybody else. */
export const backOffMs = (attempt: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (0.5 + Math.random() / 2);

/**
 * How long to wait before the same is asked again; undefined if it should not be.
 *
 * @param safe whether it may be done twice without harm
 */
export function waitBeforeRetryMs(thrown: unknown, attempt: number, safe: boolean): number | undefined {
  const waitMs = backOffMs(attempt);
  if (thrown instanceof ProblemError) {
    const passing = PASSING.has(thrown.status) || thrown.code === "idempotency_key_busy";
    if (!passing || !(safe || thrown.status === 429)) return undefined;
    const askedMs = thrown.retryAfterMs ?? 0;
    return askedMs > RETRY_AFTER_MS_MAX ? undefined : Math.max(waitMs, askedMs);
  }
  const { code } = asTesseraError(thrown);
  return safe && (code === "server_unreachable" || code === "server_silent") ? waitMs : undefined;
}

/** @throws the signal's reason */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const ended = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, ms);
    signal?.addEventListener("abort", ended, { once: true });
  });
}
