import { useSignal } from "@preact/signals";
import { Ago } from "../design/ago.tsx";
import { Badge } from "../design/badge.tsx";
import { Button } from "../design/button.tsx";
import { now } from "../design/clock.ts";
import { Empty } from "../design/empty.tsx";
import { when } from "../design/format.ts";
import { Icon } from "../design/icon.tsx";
import { api } from "../shell/api.ts";
import { wordsOf } from "../shell/notices.tsx";
import { session } from "../shell/session.ts";
import { useShortcuts } from "../shell/shortcuts.tsx";
import { useTitle } from "../shell/title.ts";
import { useRefreshed } from "../shell/use_refreshed.ts";
import { type KeyView, stateOf } from "./key_state.ts";
import { NewKey } from "./new_key.tsx";
import { RevokeDialog } from "./revoke.tsx";

export function Keys() {
  useTitle("API keys");
  const isMaking = useSignal(false);
  const make = () => {
    isMaking.value = true;
  };
  const { value, fault, refresh } = useRefreshed((signal) => api.listKeys({}, { signal }), "keys");
  useShortcuts([{ keys: "c", does: "Make a key", act: make }]);
  const isOpen = session.value?.by === "nothing";
  const keys = value.value?.keys;
  return (
    <div class="stack">
      <div class="row apart">
        <h1>API keys</h1>
        <Button look="primary" icon="plus" onClick={make}>
          Make a key
        </Button>
      </div>
      {isOpen && <OpenServer />}
      {fault.value !== undefined && <p role="alert">{wordsOf(fault.value).text}</p>}
      {keys?.length === 0 && (
        <Empty icon="key" title="There are no keys yet">
          <p>A key lets programs and people in from elsewhere, and says what they may do.</p>
        </Empty>
      )}
      {keys !== undefined && keys.length > 0 && <Listed keys={keys} onChange={refresh} />}
      <NewKey open={isMaking} isFirst={isOpen} onMade={refresh} />
    </div>
  );
}

function OpenServer() {
  return (
    <div class="card open_server">
      <Icon name="warning" />
      <div>
        <h2>This server is open to whoever is at this machine</h2>
        <p>
          It has no keys, so nobody has to say who they are, and only this machine can reach it. The first key
          closes it: from then on everybody needs one, here too. It does not open again by itself, not even
          when all keys are revoked.
        </p>
      </div>
    </div>
  );
}

interface ListedProps {
  readonly keys: readonly KeyView[];
  readonly onChange: () => void;
}

function Listed({ keys, onChange }: ListedProps) {
  const isActive = (key: KeyView) => stateOf(key, now.value).word === "Active";
  const [active, ended] = [keys.filter(isActive), keys.filter((key) => !isActive(key))];
  return (
    <>
      {active.length > 0 && <KeyTable label="Keys" keys={active} onChange={onChange} />}
      {ended.length > 0 && (
        <details class="ended">
          <summary>{ended.length === 1 ? "1 key" : `${ended.length} keys`} revoked or expired</summary>
          <KeyTable label="Revoked or expired keys" keys={ended} onChange={onChange} />
        </details>
      )}
    </>
  );
}

function KeyTable({ label, keys, onChange }: ListedProps & { readonly label: string }) {
  const revoking = useSignal<KeyView | undefined>(undefined);
  return (
    <section class="job_history" aria-label={label}>
      <table class="table jobs keys" aria-label={label}>
        <thead>
          <tr>
            <th>Name</th>
            <th>Owner</th>
            <th>May</th>
            <th>Created</th>
            <th>Last used</th>
            <th>Expires</th>
            <th>State</th>
            <th>
              <span class="unseen">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} of={key} onRevoke={() => (revoking.value = key)} />
          ))}
        </tbody>
      </table>
      <RevokeDialog {...{ revoking, onChange }} />
    </section>
  );
}

function KeyRow({ of, onRevoke }: { readonly of: KeyView; readonly onRevoke: () => void }) {
  const { word, tone } = stateOf(of, now.value);
  return (
    <tr>
      <td class="name">
        <span>{of.name}</span>
        <code class="muted">tsk_{of.id}…</code>
      </td>
      <td class="owner" data-label="Owner">
        {of.owner}
      </td>
      <td class="scopes" data-label="May">
        {of.scopes.join(", ")}
      </td>
      <td data-label="Created">
        <Ago time={of.created_at} />
      </td>
      <td data-label="Last used">
        {of.last_used_at === undefined ? "never" : <Ago time={of.last_used_at} />}
      </td>
      <td data-label="Expires">{of.expires_at === undefined ? "never" : when(of.expires_at)}</td>
      <td class="state">
        <Badge tone={tone}>{word}</Badge>
        {session.value?.key === of.id && <span class="muted yours">yours</span>}
      </td>
      <td class="more">
        {of.revoked_at === undefined && (
          <Button look="danger" onClick={onRevoke}>
            Revoke<span class="unseen"> {of.name}</span>
          </Button>
        )}
      </td>
    </tr>
  );
}
