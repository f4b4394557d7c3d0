import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** What is shown. */
export const title = signal("");

/** What the browser calls the page while a view is shown. */
export function useTitle(what: string): void {
  useEffect(() => {
    title.value = what;
    document.title = `${what} · Tessera`;
  }, [what]);
}
