import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useId } from "preact/hooks";
import type { Client } from "../../client/client.ts";
import { SCOPES, type Scope } from "../../shared/api/scopes.ts";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { api } from "../shell/api.ts";
import { attempt } from "../shell/notices.tsx";
import { signInWaits } from "../shell/session.ts";
import { MEANS } from "./key_state.ts";
import { Secret } from "./secret.tsx";

export type Made = Awaited<ReturnType<Client["createKey"]>>;

interface NewKeyProps {
  readonly open: Signal<boolean>;
  /** It will close a server that is open to its own machine. */
  readonly isFirst: boolean;
  readonly onMade: () => void;
}

/** Makes a key, and shows it this once. */
export function NewKey({ open, isFirst, onMade }: NewKeyProps) {
  const made = useSignal<Made | undefined>(undefined);
  const wasFirst = useSignal(false);
  useSignalEffect(() => {
    if (open.value) return;
    made.value = undefined;
    signInWaits.value = false;
  });
  const make = async (body: Parameters<Client["createKey"]>[0]["body"]) => {
    // What closes the server must not hide its key behind a sign-in.
    signInWaits.value = true;
    wasFirst.value = isFirst;
    const isMade = await attempt(async () => {
      made.value = await api.createKey({ body });
    });
    if (!isMade) signInWaits.value = false;
    else if (!isFirst) onMade();
  };
  const close = () => {
    open.value = false;
  };
  const key = made.value;
  return (
    <Dialog
      open={open}
      title={key === undefined ? "Make a key" : `${key.key.name} is made`}
      stays={key !== undefined}
    >
      {key === undefined ? (
        <KeyForm isFirst={isFirst} onSend={make} />
      ) : (
        <Secret made={key} isFirst={wasFirst.value} onClose={close} />
      )}
    </Dialog>
  );
}

const DAY_MS = 86_400_000;
const EXPIRIES = [
  ["never", ""],
  ["in a week", "7"],
  ["in a month", "30"],
  ["in a quarter", "90"],
  ["in a year", "365"],
] as const;

interface KeyFormProps {
  readonly isFirst: boolean;
  readonly onSend: (body: Parameters<Client["createKey"]>[0]["body"]) => Promise<void>;
}

function KeyForm({ isFirst, onSend }: KeyFormProps) {
  const id = useId();
  const scopes = useSignal<readonly Scope[]>(isFirst ? ["admin"] : ["submit", "read"]);
  const isBusy = useSignal(false);
  const send = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy.value) return;
    const form = new FormData(event.currentTarget);
    const [name = "", owner = "", days = ""] = ["name", "owner", "days"].map((field) =>
      `${form.get(field)}`.trim(),
    );
    isBusy.value = true;
    await onSend({
      ...{ name, scopes: [...scopes.value] },
      ...(owner !== "" && { owner }),
      ...(days !== "" && { expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
    });
    isBusy.value = false;
  };
  return (
    <form class="stack" onSubmit={send}>
      <div class="field">
        <label for={`${id}name`}>Name</label>
        <input
          {...{ id: `${id}name`, name: "name", class: "input", required: true, maxLength: 100 }}
          pattern=".*\S.*"
          autocomplete="off"
        />
        <p class="hint">For people: whose it is, or which program's.</p>
      </div>
      <div class="field">
        <label for={`${id}owner`}>Owner</label>
        <input
          {...{ id: `${id}owner`, name: "owner", class: "input", maxLength: 100 }}
          placeholder="The name"
          autocomplete="off"
        />
        <p class="hint">Whose jobs are sent and seen with it. Keys of one owner see the same jobs.</p>
      </div>
      <Scopes scopes={scopes} />
      {isFirst && !scopes.value.includes("admin") && (
        <p class="hint" role="status">
          Without <code>admin</code> nobody can manage keys on this page any more;{" "}
          <code>tessera keys create</code> still can.
        </p>
      )}
      <div class="field">
        <label for={`${id}days`}>Expires</label>
        <select {...{ id: `${id}days`, name: "days", class: "input" }}>
          {EXPIRIES.map(([name, days]) => (
            <option key={days} value={days}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="row end">
        <Button type="submit" look="primary" busy={isBusy.value} disabled={scopes.value.length === 0}>
          {isFirst ? "Make the key and close the server" : "Make the key"}
        </Button>
      </div>
    </form>
  );
}

function Scopes({ scopes }: { readonly scopes: Signal<readonly Scope[]> }) {
  const isAdmin = scopes.value.includes("admin");
  return (
    <fieldset class="stack key_scopes">
      <legend class="label">May</legend>
      {SCOPES.map((scope) => (
        <label key={scope}>
          <input
            type="checkbox"
            checked={scopes.value.includes(scope) || isAdmin}
            disabled={isAdmin && scope !== "admin"}
            onChange={({ currentTarget: { checked } }) => {
              const others = scopes.value.filter((each) => each !== scope);
              scopes.value = checked ? [...others, scope] : others;
            }}
          />
          <span>
            <code>{scope}</code>
            <span class="muted">{MEANS[scope]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
