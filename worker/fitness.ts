import type { Task } from "../shared/bus/messages.ts";
import { TesseraError } from "../shared/errors.ts";
import { contains, sameRect, wholeOf } from "../shared/geometry.ts";
import { type Chain, compileChain, FOOTPRINT_MAX, footprint, windowOf } from "../shared/ops/chain.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";

/**
 * The chain of a task that a plan may have made. Whoever may write to the bus can write any task; one whose parts do not
 * fit each other, or that would take more memory than any plan does, is not begun.
 *
 * @throws task_invalid
 */
export function chainOf({
  steps,
  input,
  out,
  window,
}: Pick<Task, "steps" | "input" | "out" | "window">): Chain {
  for (const step of steps) check(() => parsePipeline([step]));
  const chain = check(() => compileChain(steps, input));
  if (!contains(wholeOf(chain.output), out)) refuse("Its tile does not lie in the result.");
  const { channels, depth } = window.format;
  if (channels !== input.channels || depth !== input.depth)
    refuse("Its window is of another format than the image.");
  if (!sameRect(window.rect, windowOf(chain, out))) refuse("Its window is not the one that the tile needs.");
  if (footprint(chain, out) > FOOTPRINT_MAX) refuse("It needs more memory than a tile may.");
  return chain;
}

function check<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new TesseraError("task_invalid", cause instanceof Error ? cause.message : "", { cause });
  }
}

function refuse(why: string): never {
  throw new TesseraError("task_invalid", why);
}
