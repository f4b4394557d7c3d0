/**
 * Makes something take `share` longer than it does, by work: with it a test shows that a comparison would notice. 0
 * leaves `run` as it is.
 */
export function slowed<T>(run: () => T | Promise<T>, share: number): () => T | Promise<T> {
  if (share === 0) return run;
  return () => {
    const start = performance.now();
    const result = run();
    if (result instanceof Promise)
      return result.then((value) => {
        burn((performance.now() - start) * share);
        return value;
      });
    burn((performance.now() - start) * share);
    return result;
  };
}

/** Keeps this thread busy. */
export function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
