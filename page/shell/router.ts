/** Which view is shown: the address says, and the browser's own navigation moves it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { PAGES, type View } from "../../shared/pages.ts";

export interface Place {
  /** Nothing for an address that no view has. */
  readonly view: View | undefined;
  /** Of a job or a batch. */
  readonly id: string;
  readonly search: URLSearchParams;
}

const PATTERNS = Object.entries(PAGES).map(
  ([view, pathname]) => [view as View, new URLPattern({ pathname })] as const,
);

function placeOf(address: string): Place {
  const { pathname, searchParams: search } = new URL(address);
  for (const [view, pattern] of PATTERNS) {
    const found = pattern.exec({ pathname });
    if (found !== null) return { view, id: decodeURIComponent(found.pathname.groups.id ?? ""), search };
  }
  return { view: undefined, id: "", search };
}

const current = signal(placeOf(location.href));

export const place: ReadonlySignal<Place> = current;

const going = signal(false);

/** Whether the next view is on its way. */
export const isGoing: ReadonlySignal<boolean> = going;

/** The address of a view. */
export const hrefOf = (name: View, id = "", search = ""): string =>
  PAGES[name].replace(":id", encodeURIComponent(id)) + (search === "" ? "" : `?${search}`);

export function go(href: string, { replace = false } = {}): void {
  navigation.navigate(href, { history: replace ? "replace" : "push" });
}

const ANEW = "anew";

/** As if the address were opened for the first time: nothing of what the page knows stays. */
export function goAnew(href: string): void {
  navigation.navigate(href, { info: ANEW });
}

/**
 * Changes what stands behind the question mark: filters and pages are part of the address. Empty ones are left out.
 *
 * @param isStep whether the browser's back button leads to what was before
 */
export function setSearch(
  changes: Readonly<Record<string, string | undefined>>,
  { isStep = false } = {},
): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  if (url.href !== location.href) go(url.href, { replace: !isStep });
}

/**
 * From here on links and the browser's buttons change the view, without another page being loaded.
 *
 * @param load what has to be there before a view can be shown
 */
export async function startRouter(load: (view: View | undefined) => Promise<void>): Promise<void> {
  navigation.addEventListener("navigate", (event) => {
    const next = placeOf(event.destination.url);
    const isWithin = event.canIntercept && !event.hashChange && event.downloadRequest === null;
    const isOurs = isWithin && event.navigationType !== "reload" && event.info !== ANEW;
    if (!isOurs || next.view === undefined || new URL(event.destination.url).origin !== location.origin)
      return;
    const isSameView = next.view === current.value.view && next.id === current.value.id;
    event.intercept({
      ...(isSameView && { focusReset: "manual", scroll: "manual" }),
      async handler() {
        going.value = true;
        try {
          await load(next.view);
        } finally {
          if (!event.signal.aborted) going.value = false;
        }
        if (event.signal.aborted) return;
        const show = () => {
          current.value = next;
        };
        if (isSameView) show();
        else await crossing(show);
      },
    });
  });
  await load(current.value.view);
}

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** One view fades into the next, where the browser can and people like it. */
async function crossing(change: () => void): Promise<void> {
  if (stillness.matches || document.visibilityState !== "visible") return change();
  // Whoever goes on at once skips the rest of it.
  const transition = document.startViewTransition(change);
  transition.ready.catch(() => {});
  transition.finished.catch(() => {});
  await transition.updateCallbackDone;
}
