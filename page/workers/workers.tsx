import { Empty } from "../design/empty.tsx";
import { useTitle } from "../shell/title.ts";
import { DeadLetters } from "./dead_letters.tsx";
import { Topics } from "./topics.tsx";
import { WorkerCard } from "./worker_card.tsx";
import { useWorkers } from "./workers_known.ts";

export function Workers() {
  useTitle("Workers");
  const { workers, ratesOf } = useWorkers();
  return (
    <div class="stack">
      <h1>Workers</h1>
      {workers.value?.length === 0 && (
        <Empty icon="warning" title="Nobody works">
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
