import { useEffect } from "preact/hooks";

/** What the browser calls the page while a view is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Tessera`;
  }, [title]);
}
