import { TesseraError } from "../../shared/errors.ts";
import type { SessionStore } from "../store/sessions.ts";
import { type Caller, callerOf } from "./caller.ts";
import type { Keys } from "./keys.ts";
import { hashOf, newSecret } from "./secret.ts";

const SESSION_MS = 12 * 3_600_000;

/** Browsers that have signed in with a key: a random cookie, whose hash leads to the key as long as that is valid. */
export class Sessions {
  private readonly cookie: string;

  /** @param secure whether the server speaks TLS; only then may a cookie be bound to it by its name */
  constructor(
    private readonly store: SessionStore,
    private readonly keys: Keys,
    private readonly now: () => number,
    private readonly secure: boolean,
  ) {
    this.cookie = secure ? "__Host-tessera_session" : "tessera_session";
  }

  /** For who has sent a key. @returns the header that sets the cookie too. @throws unauthorized for anyone else */
  begin(caller: Caller): { caller: Caller; setCookie: string } {
    if (caller.by !== "key" || caller.key === undefined)
      throw new TesseraError("unauthorized", "Signing in takes a key.");
    const token = newSecret();
    const nowMs = this.now();
    const expiresMs = Math.min(nowMs + SESSION_MS, caller.expiresMs ?? Number.POSITIVE_INFINITY);
    this.store.insert(hashOf(token), caller.key, nowMs, expiresMs);
    const setCookie = this.setCookie(token, Math.ceil((expiresMs - nowMs) / 1000));
    return { caller: { ...caller, by: "session", expiresMs }, setCookie };
  }

  /** Ends the session of a request, if it has one. @returns the header that removes the cookie */
  end(request: Request): string {
    const token = this.tokenOf(request);
    if (token !== undefined) this.store.remove(hashOf(token));
    return this.setCookie("", 0);
  }

  /** The cookie of a request; undefined if it has none. */
  tokenOf({ headers }: Request): string | undefined {
    const cookies = headers.get("cookie");
    return cookies === null ? undefined : (new Bun.CookieMap(cookies).get(this.cookie) ?? undefined);
  }

  /** Who is signed in by a cookie. @throws unauthorized */
  check(token: string): Caller {
    const session = this.store.find(hashOf(token), this.now());
    if (session === undefined) throw new TesseraError("unauthorized", "You are not signed in any more.");
    const { key, expiresMs } = session;
    return { ...callerOf(this.keys.alive(key), "session"), expiresMs };
  }

  private setCookie(value: string, maxAge: number): string {
    const { cookie: name, secure } = this;
    return new Bun.Cookie({
      ...{ name, value, maxAge, secure },
      ...{ path: "/", httpOnly: true, sameSite: "strict" },
    }).serialize();
  }
}
