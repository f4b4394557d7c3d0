import { Badge, type Tone } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { bytes } from "../../design/format.ts";
import { Meter } from "../../design/meter.tsx";
import { connection } from "../../shell/live.ts";
import { hrefOf } from "../../shell/router.ts";
import { may } from "../../shell/session.ts";
import {
  cancel,
  pause,
  putAway,
  resume,
  type Sending,
  type SendingState,
  sendings,
  underWay,
} from "./sending.ts";

/** What is on its way to the server, and what became of it. */
export function SendingsList() {
  if (sendings.value.length === 0) return null;
  return (
    <section class="card stack uploads_card" aria-label="Uploads">
      <div class="row apart">
        <h2>Uploads</h2>
        {underWay.value < sendings.value.length && (
          <Button look="quiet" icon="check" onClick={putAway}>
            Clear the finished
          </Button>
        )}
      </div>
      <ul class="upload_rows">
        {sendings.value.map((sending) => (
          <SendingRow key={sending.id} sending={sending} />
        ))}
      </ul>
    </section>
  );
}

const LOOKS: Readonly<Record<SendingState["kind"], readonly [Tone, string]>> = {
  waiting: ["idle", "Waiting"],
  sending: ["busy", "Sending"],
  paused: ["warn", "Paused"],
  done: ["good", "Sent"],
  failed: ["bad", "Failed"],
  cancelled: ["idle", "Cancelled"],
};

function SendingRow({ sending }: { readonly sending: Sending }) {
  const { name, sent, state, bytes: total } = sending;
  const { value: now } = state;
  const [tone, word] = LOOKS[now.kind];
  const isOffline = now.kind === "sending" && connection.value === "lost";
  const share = now.kind === "done" ? 1 : total === undefined ? 0 : sent.value / total;
  return (
    <li class="upload_row" data-state={now.kind}>
      <span class="upload_name">
        {now.kind === "done" && may("read") ? <a href={hrefOf("job", now.job)}>{name}</a> : name}
      </span>
      <Badge tone={isOffline ? "warn" : tone}>{isOffline ? "Waiting for the connection" : word}</Badge>
      <SendingTools sending={sending} />
      <Meter label={`Sent of ${name}`} share={share} tone={tone} />
      <span class="muted number">
        {total === undefined ? "The server fetches it." : `${bytes(sent.value)} of ${bytes(total)}`}
      </span>
      {now.kind === "failed" && (
        <p class="fault" role="alert">
          {now.text}
        </p>
      )}
    </li>
  );
}

function SendingTools({ sending }: { readonly sending: Sending }) {
  const { name, state, bytes: total } = sending;
  const { value: now } = state;
  const canPause = (now.kind === "sending" || now.kind === "waiting") && total !== undefined;
  const canResume = now.kind === "paused" || now.kind === "failed";
  const canCancel = now.kind !== "done" && now.kind !== "cancelled";
  return (
    <span class="row tools">
      {canPause && (
        <Button look="quiet" icon="pause" label={`Pause ${name}`} onClick={() => pause(sending)} />
      )}
      {canResume && (
        <Button
          look="quiet"
          icon={now.kind === "paused" ? "play" : "retry"}
          label={now.kind === "paused" ? `Go on with ${name}` : `Try ${name} again`}
          onClick={() => resume(sending)}
        />
      )}
      {canCancel && (
        <Button look="quiet" icon="close" label={`Cancel ${name}`} onClick={() => cancel(sending)} />
      )}
    </span>
  );
}
