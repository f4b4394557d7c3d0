/** What the page has to say that belongs to no place on it: something was done, or could not be. */
import { signal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { publicSentence, TesseraError } from "../../shared/errors.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { wantsSignIn } from "./session.ts";

interface Notice {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
  readonly detail?: string | undefined;
}

/** More of them would hide the page. */
const SHOWN_MAX = 4;
const DONE_SHOWN_MS = 5000;

const notices = signal<readonly Notice[]>([]);
let last = 0;

function tell(notice: Omit<Notice, "id">): void {
  const id = ++last;
  notices.value = [...notices.value, { ...notice, id }].slice(-SHOWN_MAX);
  // What failed stays until somebody has read it.
  if (notice.kind === "done") setTimeout(() => dismiss(id), DONE_SHOWN_MS);
}

const dismiss = (id: number): void => {
  notices.value = notices.value.filter((notice) => notice.id !== id);
};

export const tellDone = (text: string): void => tell({ kind: "done", text });

/** What went wrong and what to do, in the words of the table of errors. */
export function wordsOf(thrown: unknown): { readonly text: string; readonly detail?: string } {
  if (!(thrown instanceof TesseraError))
    return { text: "The page has a fault of its own.", detail: `${thrown}` };
  const text = publicSentence(thrown.code);
  const detail = thrown.message === text ? "" : thrown.message.replace(text, "").trim();
  return detail === "" ? { text } : { text, detail };
}

/** Tells what went wrong; gives true if all went well. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") return false;
    if (!wantsSignIn(thrown)) tell({ kind: "failed", ...wordsOf(thrown) });
    return false;
  }
}

export function Notices() {
  const element = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const isEmpty = notices.value.length === 0;
    // What is shown last lies on top, of dialogs too.
    element.current?.hidePopover();
    if (!isEmpty) element.current?.showPopover();
  });
  return (
    <div ref={element} class="notices" popover="manual">
      {notices.value.map(({ id, kind, text, detail }) => (
        <div key={id} class="notice" data-kind={kind} role={kind === "failed" ? "alert" : "status"}>
          <Icon name={kind === "failed" ? "warning" : "check"} />
          <div>
            <p>{text}</p>
            {detail !== undefined && <p class="muted">{detail}</p>}
          </div>
          <Button look="quiet" icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
