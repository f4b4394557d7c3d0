import { type Client, hasEnded, type JobView } from "../../client/client.ts";
import { EXIT } from "../failure.ts";

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
  const failed = new AbortController();
  const signal = AbortSignal.any([interrupted, failed.signal]);
  const watchOne = async (id: string): Promise<boolean> => {
    let last: JobView | undefined;
    for await (const job of client.watch(id, { signal })) {
      last = job;
      show(job);
    }
    return last !== undefined && hasEnded(last) && last.state === "done";
  };
  try {
    const done = await Promise.all([...new Set(ids)].map(watchOne));
    return done.every(Boolean) ? EXIT.ok : EXIT.failure;
  } finally {
    failed.abort();
  }
}
