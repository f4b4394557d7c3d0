/** A worker that is not as it should be: `bun odd_worker.ts '{ … }'`, an `Oddity` as JSON. */
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { runService } from "../../shared/service.ts";
import { startWorker } from "../../worker/start.ts";

export interface Oddity {
  /** The file beside this one that its threads run. */
  readonly thread?: string;
  /** An op that gives other pixels than it ought to, by its own word. */
  readonly differs?: string;
  /** How long after its last heartbeat it counts as well. */
  readonly wellForMs?: number;
}

if (import.meta.main) {
  const { thread, differs, wellForMs } = JSON.parse(process.argv[2]!) as Oddity;
  const { ops } = fingerprint();
  await runService(() =>
    startWorker({
      ...(wellForMs && { wellForMs }),
      ...(thread && { thread: new URL(thread, import.meta.url) }),
      ...(differs && { fingerprint: { hash: "another", ops: { ...ops, [differs]: "another" } } }),
    }),
  );
}
