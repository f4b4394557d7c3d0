import type { Signal } from "@preact/signals";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";

interface ConfirmProps {
  readonly open: Signal<boolean>;
  readonly title: string;
  readonly text: string;
  /** What is done, as the button says it. */
  readonly does: string;
  /** Nothing, to go back. */
  readonly keep: string;
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot be undone. */
export function Confirm({ open, title, text, does, keep, onConfirm }: ConfirmProps) {
  const close = () => {
    open.value = false;
  };
  return (
    <Dialog open={open} title={title}>
      <p>{text}</p>
      <div class="row end">
        <Button onClick={close}>{keep}</Button>
        <Button look="danger" onClick={() => onConfirm().then(close)}>
          {does}
        </Button>
      </div>
    </Dialog>
  );
}
