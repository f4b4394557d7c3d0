import { lookup } from "node:dns/promises";
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from "node:http";
import { request as secureRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { type Settings, withDefaults } from "../../shared/config/table.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { AddressRules } from "./addresses.ts";
import { type OutboundTimes, Patience } from "./patience.ts";

const REDIRECTS_MAX = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
const CONNECT_MS = 10_000;
const IDLE_MS = 30_000;
const CALL_MS = 15_000;
/** Each holds a request of a caller, a connection and a file. One owner's slow servers leave some to others. */
const FETCHES = { all: 32, each: 16 };
const USER_AGENT = "Tessera";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface OutboundOptions extends OutboundTimes {
  /** Until a call is answered. */
  readonly callMs: number;
  readonly enabled: boolean;
  readonly ports: readonly number[];
  /** Host names, addresses and networks that may be reached although they are not public. */
  readonly allow: readonly string[];
  /** All addresses of a name; by default the system's. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

export const outboundOf = ({ outbound }: Settings): OutboundOptions => ({
  enabled: outbound.enabled,
  ports: outbound.ports.map(Number),
  allow: outbound.allow,
  ...{ connectMs: CONNECT_MS, idleMs: IDLE_MS, totalMs: outbound.seconds * 1000, callMs: CALL_MS },
});

export const DEFAULT_OUTBOUND: OutboundOptions = outboundOf(withDefaults({}));

/** An answer whose body is on its way; whoever has it reads the body or closes it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** @throws source_unreachable, upload_interrupted */
  readonly body: AsyncIterable<Uint8Array>;
  close(): void;
}

/**
 * The one way from the master to addresses that strangers name. Names are resolved here, every address is checked, and
 * the connection goes to an address that was checked: a name that stands for another one a moment later changes
 * nothing. Proxies that the environment names are not used, since they would resolve by themselves.
 */
export class Outbound {
  private readonly rules: AddressRules;
  private readonly resolve: NonNullable<OutboundOptions["resolve"]>;
  /** Fetches under way, by who waits for them. */
  private readonly fetches = new Map<symbol, string>();

  /** @throws config_invalid */
  constructor(private readonly options: OutboundOptions) {
    this.rules = new AddressRules(options.allow);
    this.resolve = options.resolve ?? ((host) => lookup(host, { all: true }));
  }

  /**
   * An address as far as it can be judged without a look at its name's addresses.
   *
   * @throws outbound_off, url_refused
   */
  check(text: string): URL {
    if (!this.options.enabled) throw new TesseraError("outbound_off");
    const url = URL.parse(text);
    if (url === null) throw refused("It is no address.");
    if (url.protocol !== "http:" && url.protocol !== "https:") throw refused("It has to begin with http(s).");
    if (url.username !== "" || url.password !== "") throw refused("It must not hold a name or a password.");
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    if (!this.options.ports.includes(port))
      throw refused(`Its port is none of ${this.options.ports.join(", ")}.`);
    const host = hostOf(url);
    if (isIP(host) !== 0) this.checkAddress(host, host);
    return url;
  }

  /**
   * Fetches what is at an address, along a few redirects, each checked anew.
   *
   * @throws outbound_off, url_refused, source_unreachable, queue_full, upload_interrupted once `signal` says so
   */
  async fetch(address: string, owner: string, signal?: AbortSignal): Promise<Answer> {
    let url = this.check(address);
    const own = [...this.fetches.values()].filter((each) => each === owner).length;
    if (this.fetches.size >= FETCHES.all || own >= FETCHES.each)
      throw new TesseraError("queue_full", "Too many images are being fetched.");
    const patience = new Patience(this.options, signal);
    const id = Symbol();
    this.fetches.set(id, owner);
    const close = () => {
      this.fetches.delete(id);
      patience.end();
    };
    try {
      for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
        const answer = await this.exchange(url, { method: "GET" }, undefined, patience, close);
        const { location } = answer.headers;
        if (!REDIRECTS.includes(answer.status) || location === undefined) return answer;
        answer.drop();
        url = this.check(URL.parse(location, url.href)?.href ?? location);
      }
      throw new TesseraError("source_unreachable", `It redirects more than ${REDIRECTS_MAX} times.`);
    } catch (thrown) {
      close();
      throw thrown;
    }
  }

  /**
   * Posts a text to an address; redirects are answers like any other.
   *
   * @throws outbound_off, url_refused, source_unreachable, upload_interrupted once `signal` says so
   */
  async post(
    address: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const url = this.check(address);
    const { callMs: totalMs } = this.options;
    const patience = new Patience({ ...this.options, totalMs }, signal);
    const how = { method: "POST", headers: { ...headers, "content-length": `${Buffer.byteLength(body)}` } };
    const end = () => patience.end();
    try {
      return await this.exchange(url, how, body, patience, end);
    } catch (thrown) {
      end();
      throw thrown;
    }
  }

  private async exchange(
    url: URL,
    { method, headers }: Pick<RequestOptions, "method"> & { headers?: Record<string, string> },
    body: string | undefined,
    patience: Patience,
    onClose: () => void,
  ): Promise<Answer & { drop(): void }> {
    patience.connecting();
    const addresses = await withSignal(this.addressesOf(hostOf(url)), patience.signal);
    const secure = url.protocol === "https:";
    const sent = (secure ? secureRequest : request)(url, {
      method,
      headers: { "user-agent": USER_AGENT, accept: "*/*", "accept-encoding": "identity", ...headers },
      agent: false, // a connection of its own, which nobody takes up later
      lookup: answering(addresses),
    });
    const drop = () => void sent.destroy();
    patience.signal.addEventListener("abort", drop, { once: true });
    const answered = Promise.withResolvers<IncomingMessage>();
    sent.on("response", answered.resolve);
    sent.on("error", (cause) => answered.reject(patience.signal.reason ?? unreachable(cause)));
    sent.on("upgrade", (_, socket) => {
      socket.destroy();
      answered.reject(new TesseraError("source_unreachable", "It changes to another protocol."));
    });
    sent.on("socket", (socket) =>
      socket.once(secure ? "secureConnect" : "connect", () => patience.reading()),
    );
    if (patience.signal.aborted) drop();
    sent.end(body);
    const message = await withSignal(answered.promise, patience.signal);
    patience.reading();
    const close = () => {
      onClose();
      drop();
    };
    return {
      ...{ status: message.statusCode ?? 0, headers: message.headers, url, drop, close },
      body: bodyOf(message, patience, close),
    };
  }

  /** @throws url_refused, source_unreachable */
  private async addressesOf(host: string): Promise<readonly ResolvedAddress[]> {
    const literal = isIP(host);
    const addresses =
      literal !== 0
        ? [{ address: host, family: literal }]
        : await this.resolve(host).catch((cause) => {
            throw new TesseraError("source_unreachable", "Its name cannot be resolved.", { cause });
          });
    if (addresses.length === 0) throw new TesseraError("source_unreachable", "Its name has no address.");
    for (const { address } of addresses) this.checkAddress(host, address);
    return addresses;
  }

  /** What a name stands for inside is not told. */
  private checkAddress(host: string, address: string): void {
    if (!this.rules.allow(host, address)) throw refused("It is not a public address.");
  }
}

async function* bodyOf(message: IncomingMessage, patience: Patience, close: () => void) {
  try {
    for await (const chunk of message) {
      patience.reading();
      yield chunk as Uint8Array;
    }
    // A body without a length ends where its connection does, also when that was our doing.
    patience.signal.throwIfAborted();
  } catch (cause) {
    throw patience.signal.reason ?? unreachable(cause);
  } finally {
    close();
  }
}

/** The host without the brackets of an IPv6 address, and without the dot that makes a name absolute. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$|\.$/g, "");

const answering =
  (addresses: readonly ResolvedAddress[]): LookupFunction =>
  (_, { all }, done) =>
    all === true ? done(null, [...addresses]) : done(null, addresses[0]!.address, addresses[0]!.family);

function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = () => ended.reject(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  return Promise.race([work, ended.promise]).finally(() => signal.removeEventListener("abort", end));
}

const refused = (why: string): TesseraError => new TesseraError("url_refused", why);

/** By the system's own short code, which tells the caller what to look for and nothing of this machine. */
function unreachable(cause: unknown): TesseraError {
  const code = (cause as { code?: unknown } | null)?.code;
  const known = typeof code === "string" && /^[A-Z0-9_]{2,60}$/.test(code);
  return cause instanceof TesseraError
    ? asTesseraError(cause)
    : new TesseraError("source_unreachable", known ? `(${code})` : "It broke off.", { cause });
}
