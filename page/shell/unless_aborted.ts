/** What a promise gives, or at once the signal's reason: what is under way goes on without whoever waited for it. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const given = Promise.withResolvers<never>();
  const giveUp = () => given.reject(signal.reason);
  signal.addEventListener("abort", giveUp);
  try {
    return await Promise.race([promise, given.promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
