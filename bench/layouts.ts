import { freshKernels, type Kernels } from "../shared/kernels/kernels.ts";
import { batchOf } from "./harness.ts";

/** How many layouts are tried. About half of all lie well, so that two runs both find one. */
export const LAYOUTS = 12;

/**
 * Each time that a module is compiled its code lies elsewhere, and by that alone a short loop can be a quarter slower or
 * quicker, in this process as in the next one. So what uses kernels is made several times, each with a module of its
 * own.
 */
export const inLayouts = <T>(layouts: number, make: (kernels: Kernels) => T): T[] =>
  Array.from({ length: Math.max(1, layouts) }, () => make(freshKernels()));

/** Milliseconds of one run in the layout that is quickest, each time that it is asked; for what keeps to one thread. */
export async function quickestLayout(
  runs: readonly (() => unknown)[],
  options: { readonly warmMs: number },
): Promise<() => Promise<number>> {
  const batches: (() => Promise<number>)[] = [];
  for (const run of runs) batches.push(await batchOf(run, options));
  return async () => {
    let least = Number.POSITIVE_INFINITY;
    for (const batch of batches) least = Math.min(least, await batch());
    return least;
  };
}
