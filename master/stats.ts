import type { Stats } from "../shared/api/stats.ts";
import { WORKER_STATES } from "../shared/api/worker.ts";
import type { Master } from "./master.ts";

/** What there is to do, of one owner or of all, and who does it how quickly. */
export function statsOf(master: Master, owner: string | undefined): Stats {
  const all = master.workers();
  const live = all.filter(({ state }) => state === "live");
  const { sent, sentAgain } = master.dispatched();
  return {
    jobs: master.counts(owner),
    workers: Object.fromEntries(
      WORKER_STATES.map((state) => [state, all.filter((worker) => worker.state === state).length]),
    ) as Stats["workers"],
    threads: sum(live.map(({ threads }) => threads)),
    tiles: {
      in_flight: sum(live.map(({ in_flight }) => in_flight)),
      per_second: hundredths(sum(live.map(({ tiles_per_second }) => tiles_per_second))),
      ...{ sent, sent_again: sentAgain },
    },
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** A pace that dies away is nothing at some time. */
const hundredths = (number: number): number => Math.round(number * 100) / 100;
