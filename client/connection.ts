import { KEY_PROTOCOL, SOCKET_PROTOCOL } from "../shared/api/socket.ts";
import { TesseraError } from "../shared/errors.ts";
import type { CallOptions, Sendable } from "./calls.ts";
import type { AnyOperation } from "./operations.ts";
import { pause, waitBeforeRetryMs } from "./patience.ts";
import { problemOf } from "./problem.ts";

export interface ConnectionOptions {
  /** The master's address: `https://tessera.example.com`. */
  readonly url: string;
  /** An API key or an access token. */
  readonly key?: string;
  /** Until the server begins to answer. */
  readonly timeoutMs?: number;
  /** How often a request that did not come through, and may be made twice, is made again. */
  readonly retries?: number;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 4;

type Values = Readonly<Record<string, unknown>>;

/** One server, and how it is asked. */
export class Connection {
  readonly url: URL;
  private readonly key: string | undefined;
  private readonly timeoutMs: number;
  private readonly retries: number;

  /** @throws request_invalid for an address that is none */
  constructor({ url, key, timeoutMs = TIMEOUT_MS, retries = RETRIES }: ConnectionOptions) {
    this.url = addressOf(url);
    this.key = key;
    this.timeoutMs = timeoutMs;
    this.retries = retries;
  }

  /** Asks for an operation and reads its answer; one of bytes is left to be read. @throws TesseraError, the signal's reason */
  async call(operation: AnyOperation, args: Values = {}, options: CallOptions = {}): Promise<unknown> {
    const request = requestOf(this.url, operation, args);
    const headers = new Headers(options.headers);
    if (this.key !== undefined) headers.set("authorization", `Bearer ${this.key}`);
    if (request.type !== undefined) headers.set("content-type", request.type);
    const again = !(request.body instanceof ReadableStream);
    const safe = again && (operation.method !== "post" || headers.has("idempotency-key"));
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.once(operation, { ...request, headers }, options);
      } catch (thrown) {
        options.signal?.throwIfAborted();
        const waitMs = again ? waitBeforeRetryMs(thrown, attempt, safe) : undefined;
        if (waitMs === undefined || attempt >= (options.retries ?? this.retries)) throw thrown;
        await pause(waitMs, options.signal);
      }
    }
  }

  /** A WebSocket at the operation's address. Browsers let it send no headers, so a key stands among its protocols. @throws request_invalid */
  socket({ path }: AnyOperation): WebSocket {
    const url = new URL(path.slice(1), this.url);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const protocols = this.key === undefined ? [] : [SOCKET_PROTOCOL, KEY_PROTOCOL + this.key];
    try {
      return new WebSocket(url, protocols);
    } catch (cause) {
      const detail = `There can be no WebSocket with this address and key (${reason(cause)}).`;
      throw new TesseraError("request_invalid", detail, { cause });
    }
  }

  private async once(
    operation: AnyOperation,
    { url, body, headers }: Prepared,
    // Where bytes are sent, the answer comes when all of them are, and that takes as long as it takes.
    { signal, timeoutMs = isSendable(body) ? 0 : this.timeoutMs }: CallOptions,
  ): Promise<unknown> {
    const timeout = timeOut(timeoutMs);
    const init: RequestInit & { duplex?: "half" } = {
      method: operation.method.toUpperCase(),
      headers,
      redirect: "manual",
      signal: signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]),
      ...(body !== undefined && { body: typeof body === "function" ? body() : body, duplex: "half" }),
    };
    try {
      return await read(operation, await fetch(url, init));
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof TesseraError) throw thrown;
      const code = timeout.signal.aborted ? "server_silent" : "server_unreachable";
      throw new TesseraError(code, `It was ${url.origin} (${reason(thrown)}).`, { cause: thrown });
    } finally {
      timeout.end();
    }
  }
}

async function read(operation: AnyOperation, response: Response): Promise<unknown> {
  const { status, headers } = response;
  if (status >= 300 && status < 400 && status !== 304)
    throw new TesseraError("server_unlike", `It sends us to ${headers.get("location")}.`);
  if (!response.ok && status !== 304) throw await problemOf(response);
  if (operation.answer === "bytes") return response;
  if (status === 204 || status === 304) return undefined;
  if (headers.get("content-type")?.startsWith("application/json") === true) return await response.json();
  await response.body?.cancel();
  throw new TesseraError("server_unlike", "It answered something other than JSON.");
}

interface Prepared {
  readonly url: URL;
  readonly body: string | Sendable | undefined;
  readonly headers: Headers;
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TesseraError("request_invalid", "The server's address has to be like http://127.0.0.1:8080.");
  if (url.username !== "" || url.password !== "")
    throw new TesseraError("request_invalid", "The server's address takes no user and password. Give a key.");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** Puts each argument where the operation has it. Those that are undefined are left out. */
function requestOf(base: URL, operation: AnyOperation, { body, ...args }: Values) {
  const inPath = new Set<string>();
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    inPath.add(name);
    const value = String(args[name]);
    // Any writing of these would lead elsewhere.
    if (/^\.{0,2}$/.test(value)) throw new TesseraError("request_invalid", `There is no ${name} '${value}'.`);
    return encodeURIComponent(value);
  });
  const url = new URL(path.slice(1), base);
  for (const [name, value] of Object.entries(args))
    if (value !== undefined && !inPath.has(name)) url.searchParams.set(name, String(value));
  if (operation.body === undefined) return { url, body: undefined };
  if (operation.body === "stream" && isSendable(body)) return { url, body };
  return { url, body: JSON.stringify(body), type: "application/json" };
}

const isSendable = (body: unknown): body is Sendable =>
  body instanceof Blob ||
  body instanceof Uint8Array ||
  body instanceof FormData ||
  body instanceof ReadableStream ||
  typeof body === "function";

/** A time-out that can be called off: bytes that have begun to come may take their time. */
function timeOut(ms: number): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const give = () => controller.abort(new Error(`no answer for ${ms} ms`));
  const timeout = ms > 0 ? setTimeout(give, ms) : undefined;
  return { signal: controller.signal, end: () => clearTimeout(timeout) };
}

/** What went wrong below HTTP: Node puts it into the cause. A code says it as well as a sentence. */
function reason(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
