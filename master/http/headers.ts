/** What answers say to browsers: what may be done with them, and whose pages may read them. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

const YEAR_S = 31_536_000;

const ALWAYS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/** For whatever is no page of ours: nothing in it runs, and nobody frames it. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/**
 * Headers for every answer. What a handler says of its own answer stands: a page its policy, a file how long it keeps.
 *
 * @param secure whether the server speaks TLS
 */
export const securityHeaders = (secure: boolean): MiddlewareHandler => {
  const always = Object.entries({
    ...ALWAYS,
    ...(secure && { "strict-transport-security": `max-age=${YEAR_S}` }),
  });
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of always) headers.set(name, value);
    if (!headers.has("content-security-policy")) headers.set("content-security-policy", NO_PAGE);
    if (!headers.has("cache-control")) headers.set("cache-control", cacheControl(headers));
    if (headers.get("cache-control")!.startsWith("private")) headers.append("vary", CREDENTIALS);
  };
};

/** Whatever shows who asks: what a browser keeps of one user's is not for the next one. */
const CREDENTIALS = "Authorization, Cookie, X-API-Key";

/** What is known of jobs changes at any time; their files stay as they are, but are not everybody's. */
const cacheControl = (headers: Headers): string => (headers.has("etag") ? "private, no-cache" : "no-store");

const PREFLIGHT_S = 600;

/** What pages of other origins may read of an answer, beside what browsers always let them. */
const EXPOSED = [
  "Content-Disposition",
  "Content-Range",
  "ETag",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "Tus-Extension",
  "Tus-Max-Size",
  "Tus-Resumable",
  "Tus-Version",
  "Upload-Expires",
  "Upload-Length",
  "Upload-Metadata",
  "Upload-Offset",
];

/** Lets the pages of these origins ask with a key or a token of their own; a session is for our own pages. */
export const crossOrigin = (origins: readonly string[]): MiddlewareHandler => {
  const answer = cors({ origin: [...origins], exposeHeaders: EXPOSED, maxAge: PREFLIGHT_S });
  return (context, next) => {
    // Somebody's own question, not his browser's: hono would take it for that.
    const own = context.req.method === "OPTIONS" && !context.req.header("access-control-request-method");
    return own ? next() : answer(context, next);
  };
};
