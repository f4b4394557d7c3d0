import { type ReadonlySignal, type Signal, signal, useSignal } from "@preact/signals";
import type { Told } from "../../client/live.ts";
import { useTopic } from "../shell/live.ts";

type Message = Extract<Told<"workers">, { readonly type: "workers" }>;

export interface Worker extends Readonly<Message["workers"][number]> {
  /** When it was heard of last, by the clock of this machine: milliseconds since 1970. */
  readonly heardAtMs: number;
}

/** Points of a sparkline. */
const RATES_MAX = 60;
const RATE_EVERY_MS = 1000;

export interface KnownWorkers {
  /** By their names; nothing before the server has told. */
  readonly workers: ReadonlySignal<readonly Worker[] | undefined>;
  /** How many tiles a second a worker has done lately, the oldest first. */
  ratesOf(id: string): ReadonlySignal<readonly number[]>;
}

/** The workers, live. */
export function useWorkers(): KnownWorkers {
  const workers = useSignal<readonly Worker[] | undefined>(undefined);
  const rates = useSignal(new Map<string, Rates>()).value;
  const ratesOf = (id: string) => {
    const known = rates.get(id) ?? { values: signal([]), atMs: 0 };
    rates.set(id, known);
    return known;
  };
  useTopic("workers", (message) => {
    if (message.type !== "workers") return;
    const known = merged(message.snapshot ? [] : (workers.value ?? []), message);
    for (const { id, tiles_per_second } of known) note(ratesOf(id), tiles_per_second);
    for (const id of message.gone) rates.delete(id);
    workers.value = known;
  });
  return { workers, ratesOf: (id) => ratesOf(id).values };
}

/** Whatever becomes of a worker, its card stays where it is: nobody drains another one by mistake. */
function merged(before: readonly Worker[], message: Pick<Message, "workers" | "gone">): Worker[] {
  const known = new Map(before.map((worker) => [worker.id, worker]));
  for (const worker of message.workers)
    known.set(worker.id, { ...worker, heardAtMs: Date.now() - worker.heard_ms_ago });
  for (const id of message.gone) known.delete(id);
  return [...known.values()].sort(
    (one, other) => one.name.localeCompare(other.name) || one.id.localeCompare(other.id),
  );
}

interface Rates {
  readonly values: Signal<readonly number[]>;
  atMs: number;
}

function note(rates: Rates, rate: number): void {
  const now = performance.now();
  if (now - rates.atMs < RATE_EVERY_MS) return;
  rates.atMs = now;
  rates.values.value = [...rates.values.value, rate].slice(-RATES_MAX);
}
