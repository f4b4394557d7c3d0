import { Button } from "../../design/button.tsx";
import { bytes } from "../../design/format.ts";
import { Meter } from "../../design/meter.tsx";
import { hrefOf } from "../../shell/router.ts";
import { cancel, putAway, type Sending, sendings, underWay } from "./sending.ts";

/** What is on its way to the server, and what became of it. */
export function SendingsList() {
  if (sendings.value.length === 0) return null;
  return (
    <section class="card stack sendings" aria-label="Uploads">
      <div class="row apart">
        <h2>Uploads</h2>
        {underWay.value < sendings.value.length && (
          <Button look="quiet" icon="check" onClick={putAway}>
            Clear the finished
          </Button>
        )}
      </div>
      <ul class="stack">
        {sendings.value.map((sending) => (
          <SendingRow key={sending.id} sending={sending} />
        ))}
      </ul>
    </section>
  );
}

function SendingRow({ sending }: { readonly sending: Sending }) {
  const { name, sent, state, bytes: total } = sending;
  const { value: now } = state;
  const isEnded = now.kind === "done" || now.kind === "failed" || now.kind === "cancelled";
  return (
    <li class="sending" data-state={now.kind}>
      <span class="sending_name">
        {now.kind === "done" ? <a href={hrefOf("job", now.job)}>{name}</a> : name}
      </span>
      <span class="muted number">{total === undefined ? "" : `${bytes(sent.value)} of ${bytes(total)}`}</span>
      <Meter
        label={`${name} is sent`}
        share={now.kind === "done" ? 1 : total === undefined ? 0 : sent.value / total}
        tone={now.kind === "done" ? "good" : now.kind === "failed" ? "bad" : "busy"}
      />
      {!isEnded && (
        <Button look="quiet" icon="close" label={`Cancel ${name}`} onClick={() => cancel(sending)} />
      )}
      {now.kind === "failed" && (
        <p class="fault" role="alert">
          {now.text}
        </p>
      )}
      {now.kind === "cancelled" && <p class="muted">Cancelled.</p>}
    </li>
  );
}
