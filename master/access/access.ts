import { KEY_PROTOCOL } from "../../shared/api/socket.ts";
import { TesseraError } from "../../shared/errors.ts";
import { openAccessFile } from "../store/access_file.ts";
import type { Database } from "../store/database.ts";
import { KeyStore } from "../store/keys.ts";
import { SessionStore } from "../store/sessions.ts";
import { type Caller, callerOf, LOCAL } from "./caller.ts";
import type { Gate } from "./gate.ts";
import { Keys, looksLikeKey } from "./keys.ts";
import { isLoopback, Origins } from "./origin.ts";
import { Sessions } from "./sessions.ts";
import { type Provider, Tokens } from "./tokens.ts";

export interface AccessOptions {
  /** The folder with the keys; without it they are gone with the process. */
  readonly dir?: string;
  /** Where the server listens; a loopback address if left out. */
  readonly hostname?: string;
  /** With what it speaks TLS, if it does. */
  readonly tls?: object | undefined;
  /** Origins whose pages may ask, beside our own. */
  readonly corsOrigins?: readonly string[];
  /** Whose tokens are taken beside keys. */
  readonly provider?: Provider | undefined;
  readonly now?: () => number;
}

/**
 * Who may do what. As soon as there has been a key, or there is a provider of tokens, everybody needs a credential, on
 * this machine too; until then only a loopback address is served, and whoever reaches it may do everything. A key that
 * is revoked or expired still counts, so that nothing opens by itself.
 */
export class Access implements Gate {
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly origins: Origins;
  readonly secure: boolean;
  readonly corsOrigins: readonly string[];
  private readonly db: Database;
  private readonly onLoopback: boolean;
  private readonly tokens: Tokens | undefined;
  private closed = false;

  /** @throws address_not_loopback if others could reach it and there are no credentials */
  constructor(options: AccessOptions = {}) {
    const { dir, hostname = "127.0.0.1", tls, corsOrigins = [], provider, now = Date.now } = options;
    this.secure = tls !== undefined;
    this.corsOrigins = corsOrigins;
    this.origins = new Origins(corsOrigins);
    this.onLoopback = isLoopback(hostname);
    this.db = openAccessFile(dir);
    const keys = new KeyStore(this.db);
    this.keys = new Keys(keys, now);
    this.tokens = provider && new Tokens(provider, now);
    this.sessions = new Sessions(new SessionStore(this.db, keys), this.keys, now, this.secure);
    if (!this.onLoopback && this.isOpen()) {
      this.close();
      throw new TesseraError("address_not_loopback", `It was ${hostname}.`);
    }
  }

  identify(request: Request): Caller | Promise<Caller> {
    if (this.isOpen()) {
      this.origins.checkOpen(request);
      return LOCAL;
    }
    const text = bearerOf(request);
    if (text !== undefined)
      return this.tokens === undefined || looksLikeKey(text)
        ? callerOf(this.keys.check(text), "key")
        : this.tokens.check(text);
    const token = this.sessions.tokenOf(request);
    if (token === undefined) throw new TesseraError("unauthorized");
    const caller = this.sessions.check(token);
    this.origins.checkSession(request);
    return caller;
  }

  close(): void {
    this.db.close();
  }

  /** Another process may make the first key at any time. */
  private isOpen(): boolean {
    this.closed ||= this.tokens !== undefined || this.keys.any();
    return !this.closed;
  }
}

/** The key or token that a request brings. @throws unauthorized if it brings something else in its place */
function bearerOf({ headers }: Request): string | undefined {
  const authorization = headers.get("authorization");
  if (authorization === null) return headers.get("x-api-key") ?? keyAmongProtocols(headers);
  const [, text] = /^Bearer +([^\s]+) *$/i.exec(authorization) ?? [];
  if (text === undefined)
    throw new TesseraError("unauthorized", "Expected 'Authorization: Bearer' and a key or a token.");
  return text;
}

/** Of a handshake of a WebSocket. */
function keyAmongProtocols(headers: Headers): string | undefined {
  const protocols = headers.get("sec-websocket-protocol")?.split(/ *, */) ?? [];
  return protocols.find((name) => name.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length);
}
