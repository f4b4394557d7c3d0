/** The web page: files that its build has made. What it shows it asks of the same routes as anybody else. */
import { join } from "node:path";
import type { Env, Hono } from "hono";
import { serveStatic } from "hono/serve-static";
import { TesseraError } from "../../shared/errors.ts";
import { PAGES } from "../../shared/pages.ts";

const BUILT = join(import.meta.dir, "../../page/dist");

/** Scripts and styles of our own, no others and none within the page; nothing is asked of any other server. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The names of what lies there change with what is in it. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** All that the build calls its files; of what cannot be a file's name the system would complain. */
const ASSET = /^\/assets\/[\w.-]{1,100}$/;

/** Puts the page at its addresses. @throws page_not_built */
export function servePage<E extends Env>(app: Hono<E>, folder = BUILT): void {
  const files = (path: string | undefined, headers: Readonly<Record<string, string>>) =>
    serveStatic<E>({
      root: folder,
      ...(path !== undefined && { path }),
      precompressed: true,
      join,
      async getContent(file) {
        const content = Bun.file(file);
        return (await content.exists()) ? content.stream() : null;
      },
      onFound(_, context) {
        for (const [name, value] of Object.entries(headers)) context.header(name, value);
      },
    });
  const assets = files(undefined, { "cache-control": FOR_EVER });
  app.get("/assets/*", (context, next) => (ASSET.test(context.req.path) ? assets(context, next) : next()));
  const page = files("index.html", { "cache-control": "no-cache", "content-security-policy": POLICY });
  for (const path of Object.values(PAGES))
    app.get(path, page, () => {
      throw new TesseraError("page_not_built");
    });
  // Somebody has mistyped an address: the page says so. Programs are told as ever.
  app.get("*", (context, next) => {
    if (context.req.path.startsWith("/v1/") || !isVisit(context.req.raw)) return next();
    context.status(404);
    return page(context, next);
  });
}

const isVisit = ({ headers }: Request): boolean =>
  headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";
