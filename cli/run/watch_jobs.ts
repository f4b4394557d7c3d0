import { type Client, hasEnded, type JobView } from "../../client/client.ts";
import { EXIT } from "../failure.ts";

/** A master lets nobody have any number of connections. */
const AT_ONCE = 16;

/**
 * Watches jobs until all have ended. Gives the exit code: 0 if all are done, 1 if not.
 *
 * @throws TesseraError; the signal's reason: then the jobs go on
 */
export async function watchJobs(
  client: Client,
  ids: readonly string[],
  show: (job: JobView) => void,
  interrupted: AbortSignal,
): Promise<number> {
  const queue = [...new Set(ids)];
  let allDone = true;
  const failed = new AbortController();
  const signal = AbortSignal.any([interrupted, failed.signal]);
  const next = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift())
      for await (const job of client.watch(id, { signal })) {
        show(job);
        if (hasEnded(job) && job.state !== "done") allDone = false;
      }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    return allDone ? EXIT.ok : EXIT.failure;
  } finally {
    failed.abort();
  }
}
