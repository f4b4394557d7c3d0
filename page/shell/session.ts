/** Who sits in front of the page, and what they may do. */
import { computed, signal } from "@preact/signals";
import { createClient } from "../../client/client.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import { TesseraError } from "../../shared/errors.ts";
import { api } from "./api.ts";
import { UPLOADS_KEPT_AS } from "./kept.ts";
import { go, goAnew, hrefOf, place } from "./router.ts";

export type Session = Awaited<ReturnType<typeof api.getSession>>;

/** Nothing until the server has said who we are; null for a stranger to whom it is closed. */
export const session = signal<Session | null | undefined>();

/** The server does not know any more who sits here. What they see stays until they sign in again. */
export const hasLapsed = signal(false);

/** Nobody is asked to sign in while something is shown that they need for it. */
export const signInWaits = signal(false);

export const may = (scope: Scope): boolean => {
  const scopes = session.value?.scopes ?? [];
  return scopes.includes(scope) || scopes.includes("admin");
};

/** Whether the page can be signed out of: not where the server is open to its own machine. */
export const isSignedIn = computed(() => session.value?.by === "session");

/** Asks who we are. A stranger is led to the sign-in, and back afterwards. @throws TesseraError */
export async function begin(): Promise<void> {
  try {
    known(await api.getSession());
  } catch (thrown) {
    if (!wantsSignIn(thrown)) throw thrown;
  }
}

/** The server does not know us: whoever has been at work signs in over their work, a stranger before it. */
function toSignIn(): void {
  if (session.peek()) {
    hasLapsed.value = true;
    return;
  }
  session.value = null;
  if (place.value.view === "signIn") return;
  const back = location.pathname + location.search;
  go(hrefOf("signIn", "", back === "/" ? "" : new URLSearchParams({ back }).toString()), { replace: true });
}

/** Whether it was refused because the server does not know us, which is then mended first. */
export function wantsSignIn(thrown: unknown): boolean {
  const isRefused = thrown instanceof TesseraError && thrown.code === "unauthorized";
  if (isRefused) toSignIn();
  return isRefused;
}

/** Only a path of this server: an address that somebody made up does not lead elsewhere. */
const backFrom = (search: URLSearchParams): string => {
  const back = URL.parse(search.get("back") ?? "/", location.origin);
  return back?.origin === location.origin ? back.pathname + back.search : "/";
};

/** What a page shows hangs on it. */
const rightsOf = ({ owner, scopes }: Session): string => [owner, ...scopes.toSorted()].join(" ");

/** @throws unauthorized for a key that is none */
export async function signIn(key: string): Promise<void> {
  const before = session.peek();
  const now = await createClient({ url: location.origin, key }).signIn();
  if (before && rightsOf(before) !== rightsOf(now)) {
    // Somebody else: nothing of what was shown is theirs.
    location.reload();
    return;
  }
  known(now);
}

/** Whoever is known has no business at the sign-in. */
function known(who: Session): void {
  session.value = who;
  hasLapsed.value = false;
  if (place.value.view === "signIn") go(backFrom(place.value.search), { replace: true });
}

export async function signOut(): Promise<void> {
  await api.signOut();
  localStorage.removeItem(UPLOADS_KEPT_AS);
  // All that the page knows was this person's.
  goAnew(hrefOf("signIn"));
}
