/** Runs in a thread of the previews' pool. */
import { computeTile } from "../../shared/ops/compute_tile.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";
import { type ReduceTask, reduceCanvas } from "./reduce_canvas.ts";

/** Nothing has the thread be there. */
export type PreviewTask = ReduceTask | ThreadInput | null;

export default function run(task: PreviewTask): ThreadOutput | undefined {
  if (task === null) return undefined;
  return "path" in task ? void reduceCanvas(task) : computeTile(task);
}
