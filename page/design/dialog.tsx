import { type Signal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.tsx";

interface DialogProps {
  readonly open: Signal<boolean>;
  readonly title: string;
  /** Whether it stays until what is in it closes it: what it tells would be lost. */
  readonly stays?: boolean;
  readonly children: ComponentChildren;
}

const FIRST = "form :is(input, select, textarea), [data-first] button";

/** The browser's own modal dialog: it holds the focus, closes with Escape and gives the focus back. */
export function Dialog({ open, title, stays = false, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const isOurs = useRef(false);
  useSignalEffect(() => {
    const dialog = element.current;
    if (open.value) dialog?.showModal();
    else if (dialog?.open) {
      isOurs.current = true;
      dialog.close();
    }
  });
  // What is to be filled in comes before what closes it.
  useEffect(() => {
    if (open.value) element.current?.querySelector<HTMLElement>(FIRST)?.focus();
  }, [open.value, title]);
  return (
    <dialog
      ref={element}
      class="dialog"
      closedby={stays ? "none" : "any"}
      aria-labelledby={heading}
      onCancel={(event) => stays && event.preventDefault()}
      onClose={() => {
        // It is told a little later: what we closed ourselves may be wanted open again by then.
        if (!isOurs.current) open.value = false;
        isOurs.current = false;
      }}
    >
      <div class="row apart">
        <h2 id={heading}>{title}</h2>
        {!stays && (
          <Button
            look="quiet"
            icon="close"
            label="Close"
            onClick={() => {
              open.value = false;
            }}
          />
        )}
      </div>
      {open.value && children}
    </dialog>
  );
}
