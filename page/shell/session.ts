/** Who sits in front of the page, and what they may do. */
import { computed, signal } from "@preact/signals";
import { createClient } from "../../client/client.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import { TesseraError } from "../../shared/errors.ts";
import { api } from "./api.ts";
import { go, hrefOf, place } from "./router.ts";

export type Session = Awaited<ReturnType<typeof api.getSession>>;

/** Nothing until the server has said who we are; null for a stranger to whom it is closed. */
export const session = signal<Session | null | undefined>();

export const may = (scope: Scope): boolean => {
  const scopes = session.value?.scopes ?? [];
  return scopes.includes(scope) || scopes.includes("admin");
};

/** Whether the page can be signed out of: not where the server is open to its own machine. */
export const isSignedIn = computed(() => session.value?.by === "session");

/** Asks who we are. A stranger is led to the sign-in, and back afterwards. @throws TesseraError */
export async function begin(): Promise<void> {
  try {
    session.value = await api.getSession();
  } catch (thrown) {
    if (!(thrown instanceof TesseraError && thrown.code === "unauthorized")) throw thrown;
    toSignIn();
  }
}

/** The server does not know us any more. */
export function toSignIn(): void {
  session.value = null;
  if (place.value.view === "signIn") return;
  const back = location.pathname + location.search;
  go(hrefOf("signIn", "", back === "/" ? "" : new URLSearchParams({ back }).toString()), { replace: true });
}

/** Only a path of this server: an address that somebody made up does not lead elsewhere. */
const backFrom = (search: URLSearchParams): string => {
  const back = search.get("back") ?? "/";
  return new URL(back, location.origin).origin === location.origin ? back : "/";
};

/** @throws unauthorized for a key that is none */
export async function signIn(key: string): Promise<void> {
  session.value = await createClient({ url: location.origin, key }).signIn();
  go(backFrom(place.value.search), { replace: true });
}

export async function signOut(): Promise<void> {
  await api.signOut();
  // All that the page knows was this person's.
  location.assign(hrefOf("signIn"));
}
