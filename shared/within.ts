/** Waits for `work`, at most for `ms`. Resolves with whether it has ended by then; rejects if that was by an error. */
export function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  return Promise.race([work.then(() => true), over]).finally(() => clearTimeout(timer));
}
