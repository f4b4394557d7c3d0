import { Empty } from "../design/empty.tsx";
import { whole } from "../design/format.ts";
import { useTitle } from "../shell/title.ts";
import { DeadLetters } from "./dead_letters.tsx";
import { Topics } from "./topics.tsx";
import { WorkerCard } from "./worker_card.tsx";
import { useWorkers, type Worker } from "./workers_known.ts";

/** How many there are of each kind. */
function summaryOf(workers: readonly Worker[]): string {
  const counts = Map.groupBy(workers, ({ state }) => state);
  const words = [...counts].map(([state, { length }]) => `${whole(length)} ${state}`);
  return words.length === 0 ? "None" : words.join(", ");
}

export function Workers() {
  useTitle("Workers");
  const { workers, ratesOf } = useWorkers();
  return (
    <div class="stack">
      <div>
        <h1>Workers</h1>
        <p class="muted number">{workers.value === undefined ? "…" : summaryOf(workers.value)}</p>
      </div>
      {workers.value?.length === 0 && (
        <Empty icon="warning" title="No worker is there">
          <p>
            Start a worker on each machine: <code>bun run worker</code>
          </p>
        </Empty>
      )}
      <div class="workers">
        {workers.value?.map((worker) => (
          <WorkerCard key={worker.id} worker={worker} rates={ratesOf(worker.id)} />
        ))}
      </div>
      <Topics />
      <DeadLetters />
    </div>
  );
}
