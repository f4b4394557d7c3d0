/** Runs in a thread of the previews' pool. */
import { type ReduceTask, reduceCanvas } from "./work.ts";

export default function run(task: ReduceTask): void {
  reduceCanvas(task);
}
