import type { Signal } from "@preact/signals";
import { Icon } from "../design/icon.tsx";
import { connection } from "../shell/live.ts";
import type { Stats } from "./pace.ts";

/** Whether all is well, and what to do where it is not. */
export function Health({ stats }: { readonly stats: Signal<Stats | undefined> }) {
  if (stats.value === undefined) return <div class="health" data-tone="idle" aria-busy="true" />;
  const { troubles, warnings } = stats.value.health;
  if (connection.value === "lost") return <Unknown />;
  const words = [...troubles.map(({ message }) => message), ...warnings];
  const tone = troubles.length > 0 ? "bad" : warnings.length > 0 ? "warn" : "good";
  return (
    <div class="health" data-tone={tone} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={tone === "good" ? "check" : "warning"} />
      {tone === "good" ? (
        <p>All is well: jobs are taken in.</p>
      ) : (
        <ul>
          {words.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Nobody says that all is well. */
function Unknown() {
  return (
    <div class="health" data-tone="warn" role="status">
      <Icon name="warning" />
      <p>
        The connection is lost: these are the figures of before. They go on by themselves once the server
        answers.
      </p>
    </div>
  );
}
