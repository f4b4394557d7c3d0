import type { Stats } from "../../shared/api/stats.ts";
import { asTesseraError, isErrorCode, publicSentence, TesseraError } from "../../shared/errors.ts";
import type { Master } from "../master.ts";

type Health = Stats["health"];

/** What a probe is told of a master that takes jobs. */
interface Ready {
  readonly status: "ready";
  /** See `Stats`. */
  readonly warnings: string[];
}

/** What keeps jobs from being taken in, and what else is not as it should be. */
export function healthOf(master: Master): Health {
  const checks = { disk: () => master.checkRoom(0), store: () => master.together(() => {}) };
  const troubles = Object.entries(checks).flatMap(([part, check]): Health["troubles"] => {
    try {
      check();
      return [];
    } catch (thrown) {
      return [said(part, asTesseraError(thrown).code)];
    }
  });
  const bus = master.busTrouble();
  if (bus !== undefined) troubles.push(said("bus", bus));
  const works = master.workers().some(({ state }) => state === "live");
  return { troubles, warnings: works ? [] : ["No worker is there: jobs wait."] };
}

const said = (part: string, why: string): Health["troubles"][number] =>
  isErrorCode(why) ? { part, code: why, message: publicSentence(why) } : { part, message: why };

/** Whether jobs would be taken in now. @throws not_ready with the reasons */
export function readiness(master: Master): Ready {
  const { troubles, warnings } = healthOf(master);
  const reasons = troubles.map(({ part, code, message }) => `${part}: ${code ?? message}`);
  if (reasons.length > 0) throw new TesseraError("not_ready", `${reasons.join("; ")}.`);
  return { status: "ready", warnings };
}
