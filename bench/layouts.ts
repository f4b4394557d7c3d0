import { freshKernels, type Kernels } from "../shared/kernels/kernels.ts";

/**
 * How often a module is compiled to find its best layout. About half of all compilations lie well, so that two runs
 * both find one.
 */
export const LAYOUTS = 8;

/**
 * Each time that a module is compiled its code lies elsewhere, and by that alone a short loop can be a quarter slower or
 * quicker, in this process as in the next one. So what uses kernels is made several times, each with a module of its
 * own, and the one with the least `cost` is measured.
 */
export async function bestLayout<T>(
  layouts: number,
  make: (kernels: Kernels) => T,
  cost: (made: T) => Promise<number>,
): Promise<T> {
  let best: { made: T; cost: number } | undefined;
  for (let i = 0; i < Math.max(1, layouts); i++) {
    const made = make(freshKernels());
    const found = { made, cost: await cost(made) };
    if (best === undefined || found.cost < best.cost) best = found;
  }
  return best!.made;
}
