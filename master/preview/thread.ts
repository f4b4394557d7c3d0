/** Runs in a thread of the previews' pool. */
import { computeTile } from "../../shared/ops/compute_tile.ts";
import type { ThreadInput, ThreadOutput } from "../../shared/ops/tile_task.ts";
import { type ReduceTask, reduceCanvas } from "./work.ts";

export type PreviewTask = ReduceTask | ThreadInput;

export default function run(task: PreviewTask): ThreadOutput | undefined {
  return "path" in task ? void reduceCanvas(task) : computeTile(task);
}
