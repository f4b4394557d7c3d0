import { readFileSync } from "node:fs";
import type { Limits } from "../../master/limits.ts";
import type { Task } from "../../shared/bus/messages.ts";
import type { TesseraError } from "../../shared/errors.ts";
import { TestClock } from "./clock.ts";
import { type Bench, turn, withBench } from "./harness.ts";
import { OwnWorker } from "./own_worker.ts";
import { WatchedBus } from "./watched_bus.ts";

export const SILENCE = { silentAfterMs: 2000, lostAfterMs: 10_000 };
export const LEASE_MS = 60_000;
const BEAT_EVERY_MS = 500;

/** A master whose time a test moves, and workers that join when the test says so. */
export interface FleetBench extends Bench {
  readonly bus: WatchedBus;
  readonly clock: TestClock;
  /** What the master said that is wrong outside of it. */
  readonly troubles: readonly TesseraError[];
  join(serve?: (task: Task, worker: OwnWorker) => void | Promise<void>): OwnWorker;
  /** Time passes in which these workers beat as they should, and nobody else does. */
  pass(ms: number, alive: readonly OwnWorker[]): Promise<void>;
}

interface FleetOptions {
  /** Whether pixels are packed, so that workers are given more in hand and tiles may be sent twice. */
  readonly packs?: boolean;
  readonly durable?: boolean;
  readonly leaseMs?: number;
  readonly limits?: Partial<Limits>;
}

export function withFleet<T>(options: FleetOptions, use: (bench: FleetBench) => Promise<T>): Promise<T> {
  const { packs = false, durable = false, leaseMs = LEASE_MS, limits = {} } = options;
  const clock = new TestClock();
  const bus = new WatchedBus(packs);
  const troubles: TesseraError[] = [];
  const onTrouble = (fault: TesseraError) => void troubles.push(fault);
  return withBench({ bus, clock, durable, leaseMs, limits, silence: SILENCE, onTrouble }, (bench) =>
    use({
      ...bench,
      ...{ bus, clock, troubles },
      join: (serve) => new OwnWorker(bus, bench.buffers, serve),
      async pass(ms, alive) {
        for (let left = ms; left > 0; left -= BEAT_EVERY_MS) {
          await Promise.all(alive.map((worker) => worker.beat()));
          await settled();
          clock.pass(Math.min(left, BEAT_EVERY_MS));
          await settled();
        }
      },
    }),
  );
}

/** Resolves once messages that were under way have arrived, and what they led to. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn();
}

/** The file of a job that has to be done. */
export async function resultOf({ master }: Bench, id: string): Promise<Buffer> {
  const { error } = await master.wait(id);
  if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
  return readFileSync(master.resultPath(id));
}

export const stateOf = ({ master }: Bench, { id }: OwnWorker): string | undefined =>
  master.workers().find((each) => each.id === id)?.state;
