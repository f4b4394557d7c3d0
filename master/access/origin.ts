import { TesseraError } from "../../shared/errors.ts";

/**
 * Which pages may have a browser ask us. A browser shows its cookies and its place on the network on behalf of any page
 * that it has open, so what it sends for another origin's page counts only if that is on the list, or if it brought a
 * key of its own.
 */
export class Origins {
  private readonly listed: ReadonlySet<string>;

  constructor(listed: readonly string[]) {
    this.listed = new Set(listed);
  }

  /** Where nobody has to say who they are: not for others' pages, and not by names that anybody can point here. */
  checkOpen(request: Request): void {
    const { hostname } = new URL(request.url);
    if (!isLoopback(hostname))
      throw new TesseraError("origin_refused", "Without credentials only loopback names are answered to.");
    if (relationOf(request) === "foreign" && !this.isListed(request) && !isVisit(request))
      throw new TesseraError("origin_refused");
  }

  /** Where a cookie says who asks: what changes anything, and sockets, only from our own pages. @throws origin_refused */
  checkSession(request: Request): void {
    const relation = relationOf(request);
    if (relation === "own") return;
    const harmless = isSafe(request) && (relation === "none" || isVisit(request));
    if (!harmless) throw new TesseraError("origin_refused", "A session is for this server's own pages.");
  }

  /** Not on behalf of another's page. @throws origin_refused */
  checkSignOut(request: Request): void {
    if (relationOf(request) === "foreign") throw new TesseraError("origin_refused");
  }

  private isListed({ headers }: Request): boolean {
    return this.listed.has(headers.get("origin") ?? "");
  }
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "::1", "localhost"]);

/** Whether a host's name or address cannot be reached from another machine. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host);

/**
 * On whose behalf a request was sent: of one of our own pages, of another origin's, or of none that is known, as by
 * whoever is no browser. Only the host counts, since behind a proxy that speaks TLS we see another scheme than the page.
 */
function relationOf({ url, headers }: Request): "own" | "foreign" | "none" {
  const origin = headers.get("origin");
  if (origin !== null) return hostOf(origin) === new URL(url).host ? "own" : "foreign";
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "none") return "none";
  return site === "same-origin" ? "own" : "foreign";
}

/** Undefined for `null`, which sandboxed pages and files have. */
const hostOf = (origin: string): string | undefined => URL.parse(origin)?.host;

const isSafe = ({ method, headers }: Request): boolean =>
  (method === "GET" || method === "HEAD") && headers.get("upgrade") === null;

/** Somebody followed a link to here: the page that it stood on sees nothing of the answer. */
const isVisit = (request: Request): boolean =>
  isSafe(request) &&
  request.headers.get("sec-fetch-mode") === "navigate" &&
  request.headers.get("sec-fetch-dest") === "document" &&
  request.headers.get("origin") === null;
