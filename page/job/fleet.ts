import { type Signal, useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import { useTopic } from "../shell/live.ts";

export interface Fleet {
  /** How many could be given tiles; nothing until that is known. */
  readonly live: Signal<number | undefined>;
  /** Changes only with a name. */
  readonly nameOf: (worker: string) => string;
}

/** Characters of an id that tell workers of the same name apart. */
const TOLD_BY = 4;

/** Who works, as far as the view of a job has to know. */
export function useFleet(): Fleet {
  const live = useSignal<number | undefined>(undefined);
  const names = useSignal<ReadonlyMap<string, string>>(new Map());
  const states = useSignal<ReadonlyMap<string, string>>(new Map());
  useTopic("workers", (message) => {
    if (message.type !== "workers") return;
    const known = new Map(message.snapshot ? [] : states.value);
    for (const { id, state } of message.workers) known.set(id, state);
    for (const id of message.gone) known.delete(id);
    states.value = known;
    live.value = [...known.values()].filter((state) => state === "live").length;
    // Those who left are still named: their tiles stay.
    const unnamed = message.workers.filter(({ id, name }) => names.value.get(id) !== name);
    if (unnamed.length > 0)
      names.value = new Map([...names.value, ...unnamed.map(({ id, name }) => [id, name] as const)]);
  });
  const known = names.value;
  const nameOf = useCallback(
    (id: string) => {
      const name = known.get(id);
      if (name === undefined) return `worker ${id.slice(-TOLD_BY)}`;
      const same = [...known.values()].filter((other) => other === name).length;
      return same > 1 ? `${name} ${id.slice(-TOLD_BY)}` : name;
    },
    [known],
  );
  return { live, nameOf };
}
