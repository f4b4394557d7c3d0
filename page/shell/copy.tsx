import { useSignal } from "@preact/signals";
import { Button } from "../design/button.tsx";
import { copyText } from "../design/clipboard.ts";
import { attempt } from "./notices.tsx";

const SAID_MS = 2000;

/** Puts a text on the clipboard, and says so where it stands. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const isCopied = useSignal(false);
  const copy = async () => {
    isCopied.value = await attempt(() => copyText(text));
    setTimeout(() => {
      isCopied.value = false;
    }, SAID_MS);
  };
  return (
    <>
      <Button icon={isCopied.value ? "check" : "copy"} onClick={copy}>
        {isCopied.value ? "Copied" : `Copy ${what}`}
      </Button>
      <span class="unseen" role="status">
        {isCopied.value && "Copied"}
      </span>
    </>
  );
}
