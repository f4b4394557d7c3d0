import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import type { Master } from "../master.ts";

/** What a probe is told of a master that takes jobs. */
interface Ready {
  readonly status: "ready";
  /** What is not as it should be, but keeps nobody from sending images. */
  readonly warnings: string[];
}

/** Whether jobs would be taken in now. @throws not_ready with the reasons */
export function readiness(master: Master): Ready {
  const checks = { disk: () => master.checkRoom(0), store: () => master.together(() => {}) };
  const reasons = Object.entries(checks).flatMap(([name, check]) => {
    try {
      check();
      return [];
    } catch (thrown) {
      return [`${name}: ${asTesseraError(thrown).code}`];
    }
  });
  const bus = master.busTrouble();
  if (bus !== undefined) reasons.push(`bus: ${bus}`);
  if (reasons.length > 0) throw new TesseraError("not_ready", `${reasons.join("; ")}.`);
  const works = master.workers().some(({ state }) => state === "live");
  return { status: "ready", warnings: works ? [] : ["No worker is there: jobs wait."] };
}
