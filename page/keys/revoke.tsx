import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { api } from "../shell/api.ts";
import { attempt, tellDone } from "../shell/notices.tsx";
import { session } from "../shell/session.ts";
import type { KeyView } from "./key_state.ts";

interface RevokeDialogProps {
  readonly revoking: Signal<KeyView | undefined>;
  readonly onChange: () => void;
}

/** Asks before a key is revoked, which cannot be undone. */
export function RevokeDialog({ revoking, onChange }: RevokeDialogProps) {
  const open = useSignal(false);
  useSignalEffect(() => {
    open.value = revoking.value !== undefined;
  });
  useSignalEffect(() => {
    if (!open.value) revoking.value = undefined;
  });
  const key = revoking.value;
  const revoke = () =>
    attempt(async () => {
      await api.revokeKey({ id: key!.id });
      tellDone(`${key!.name} is revoked.`);
      open.value = false;
      onChange();
    });
  return (
    <Dialog open={open} title={`Revoke ${key?.name ?? "the key"}`}>
      <p>
        Whoever uses it is refused from now on, and browsers that signed in with it are signed out. Jobs that
        were sent with it stay. This cannot be undone.
      </p>
      {session.value?.key === key?.id && (
        <p>
          <strong>It is the key that you are signed in with: you will be signed out.</strong>
        </p>
      )}
      <div class="row end">
        <Button onClick={() => (open.value = false)}>Keep it</Button>
        <Button look="danger" onClick={revoke}>
          Revoke
        </Button>
      </div>
    </Dialog>
  );
}
