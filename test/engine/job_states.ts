import { copyFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { JobState } from "../../master/jobs/job.ts";
import type { SubmitRequest } from "../../master/jobs/submission.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { type Bench, seen } from "./harness.ts";
import type { OwnWorker } from "./own_worker.ts";

export const asked = { pipeline: "blur(sigma=1)", tileSize: 64 };

export const answer = (task: Task, worker: OwnWorker): Promise<void> => worker.answer(task);

export const filesIn = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).sort() : []);

/** A copy of the picture that the master owns. */
export function uploaded({ master }: Bench, picture: string, name: string): SubmitRequest["source"] {
  const path = join(master.uploadDir, name);
  copyFileSync(picture, path);
  return { path, owned: true, name };
}

/** Submits a job "it", and resolves when it is in the state. */
export async function reachJob(
  bench: Bench,
  picture: string,
  state: JobState,
  more: Partial<SubmitRequest> = {},
): Promise<string> {
  const reached = seen(bench.master, (job) => job.id === "it" && job.state === state);
  const source = uploaded(bench, picture, "it");
  const view = await bench.master.submit({ ...asked, id: "it", source, ...more });
  if (view.state !== state) await reached;
  return view.id;
}
