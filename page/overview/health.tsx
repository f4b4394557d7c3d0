import { Icon } from "../design/icon.tsx";
import { api } from "../shell/api.ts";
import { wordsOf } from "../shell/notices.tsx";
import { usePolled } from "../shell/polled.ts";

const EVERY_MS = 5000;

/** Whether all is well, and what to do where it is not. */
export function Health() {
  const { value, fault } = usePolled((signal) => api.isReady({}, { signal, retries: 0 }), EVERY_MS);
  const warnings = value.value?.warnings ?? [];
  if (fault.value !== undefined) {
    const { text, detail } = wordsOf(fault.value);
    return (
      <div class="health" data-tone="bad" role="alert">
        <Icon name="warning" />
        <div>
          <p>{text}</p>
          {detail !== undefined && <p>{detail}</p>}
        </div>
      </div>
    );
  }
  if (value.value === undefined) return <div class="health" data-tone="idle" aria-busy="true" />;
  if (warnings.length === 0)
    return (
      <div class="health" data-tone="good" role="status">
        <Icon name="check" />
        <p>All is well: jobs are taken in.</p>
      </div>
    );
  return (
    <div class="health" data-tone="warn" role="status">
      <Icon name="warning" />
      <ul>
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </div>
  );
}
