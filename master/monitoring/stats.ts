import manifest from "../../package.json" with { type: "json" };
import type { Stats } from "../../shared/api/stats.ts";
import { WORKER_STATES } from "../../shared/api/worker.ts";
import type { Master } from "../master.ts";
import { hundredths } from "./figures.ts";
import { healthOf } from "./readiness.ts";

/** What there is to do, of one owner or of all, and who does it how quickly. */
export function statsOf(master: Master, owner: string | undefined): Stats {
  const { figures } = master;
  const live = master.workers().filter(({ state }) => state === "live");
  const { sent, sentAgain } = master.dispatched();
  const { freeBytes, keptBytes } = figures.disk;
  const { p50, p95 } = figures.tileTimes();
  return {
    health: healthOf(master),
    version: manifest.version,
    uptime_seconds: Math.floor(figures.uptimeMs / 1000),
    jobs: master.counts(owner),
    queue: figures.load.queued,
    workers: workersByState(master),
    threads: sum(live.map(({ threads }) => threads)),
    tiles: {
      in_flight: sum(live.map(({ in_flight }) => in_flight)),
      per_second: hundredths(sum(live.map(({ tiles_per_second }) => tiles_per_second))),
      ...{ sent, sent_again: sentAgain, ...figures.tiles, ms: { p50, p95 } },
    },
    disk: { free_bytes: freeBytes, kept_free_bytes: keptBytes },
    ...(figures.bus && {
      bus: { sent_bytes: figures.bus.sentBytes, received_bytes: figures.bus.receivedBytes },
    }),
  };
}

/** How many there are in each. */
export function workersByState(master: Master): Stats["workers"] {
  const states = master.workers().map(({ state }) => state);
  const counted = WORKER_STATES.map((state) => [state, states.filter((one) => one === state).length]);
  return Object.fromEntries(counted) as Stats["workers"];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
