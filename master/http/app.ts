import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ReadableStream } from "node:stream/web";
import { type Context, Hono } from "hono";
import { TesseraError } from "../../shared/errors.ts";
import { describeOps } from "../../shared/ops/describe.ts";
import { receiveMultipart, receiveRaw } from "../accept/receive.ts";
import type { Master } from "../master.ts";
import { number, submitOptions } from "./options.ts";
import { problem } from "./problem.ts";

/** What Bun hands to a handler beside the request: the server's per-request time-out. */
export interface ServerBindings {
  timeout?(request: Request, seconds: number): void;
}

type App = Hono<{ Bindings: ServerBindings }>;
type AppContext = Context<{ Bindings: ServerBindings }>;

interface EdgeOptions {
  readonly uploadBytesMax: number;
  readonly durable: boolean;
}

/** The HTTP edge of a master. It holds no state: all of it is the master's. */
export function createApp(master: Master, options: EdgeOptions): App {
  const app: App = new Hono<{ Bindings: ServerBindings }>();
  app.onError((thrown) => problem(thrown));
  app.notFound(() => problem(new TesseraError("route_not_found")));
  app.use(async (context, next) => {
    await next();
    context.header("x-content-type-options", "nosniff");
    context.header("content-security-policy", "default-src 'none'");
  });

  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/v1/transforms", (context) => context.json(describeOps()));
  app.post("/v1/jobs", (context) => submit(context, master, options));
  app.get("/v1/jobs", (context) => context.json({ jobs: master.jobs(limitOf(context)) }));
  app.get("/v1/jobs/:id", (context) => {
    const job = master.job(context.req.param("id"));
    if (job === undefined) throw new TesseraError("job_not_found");
    return context.json(job);
  });
  app.get("/v1/jobs/:id/result", (context) => result(context, master, context.req.param("id")));
  app.post("/v1/jobs/:id/cancel", (context) => context.json(master.cancel(context.req.param("id"))));
  app.post("/v1/jobs/:id/pause", (context) => context.json(master.pause(context.req.param("id"))));
  app.post("/v1/jobs/:id/resume", (context) => context.json(master.resume(context.req.param("id"))));
  app.post("/v1/jobs/:id/retry", (context) => context.json(master.retry(context.req.param("id"))));
  app.post("/v1/jobs/:id/priority", (context) => {
    const priority = number("priority", context.req.query("priority") ?? "");
    return context.json(master.setPriority(context.req.param("id"), priority));
  });
  app.get("/v1/workers", (context) => context.json({ workers: master.workers() }));
  return app;
}

async function submit(context: AppContext, master: Master, options: EdgeOptions): Promise<Response> {
  const request = context.req.raw;
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const multipart = type === "multipart/form-data";
  if (!multipart && !type.startsWith("image/") && type !== "application/octet-stream")
    throw new TesseraError("content_type_unsupported");
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > options.uploadBytesMax)
    throw new TesseraError("upload_too_large", `At most ${options.uploadBytesMax} bytes are allowed.`);
  if (request.body === null) throw new TesseraError("image_empty");
  // A raw upload's options are known before its bytes: what is wrong with them costs no upload.
  const query = submitOptions(context.req.query());
  context.env?.timeout?.(request, 0);
  const id = randomUUID();
  const path = join(master.uploadDir, id);
  const receive = { path, bytesMax: options.uploadBytesMax, sync: options.durable };
  const body = request.body as unknown as ReadableStream<Uint8Array>;
  const upload = multipart
    ? await receiveMultipart(body, Object.fromEntries(request.headers), receive)
    : await receiveRaw(body, receive);
  try {
    const asked = multipart ? submitOptions({ ...context.req.query(), ...upload.fields }) : query;
    const name = context.req.query("name") ?? upload.fields.name ?? upload.name ?? "image";
    const job = await master.submit({ id, source: { path, owned: true, name: cleanName(name) }, ...asked });
    return context.json(job, 202, { location: `/v1/jobs/${id}` });
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  }
}

async function result(context: AppContext, master: Master, id: string): Promise<Response> {
  const path = master.resultPath(id);
  const job = master.job(id)!;
  const { size, mtimeMs } = await stat(path);
  const etag = `"${id}-${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`;
  const base = job.source.name.replace(/\.[^.]*$/, "") || "image";
  const name = `${base}.${job.output.format === "jpeg" ? "jpg" : job.output.format}`;
  const headers = {
    etag,
    "content-type": `image/${job.output.format}`,
    "content-disposition": `attachment; filename="${name.replace(/[^\w. -]/g, "_")}"; filename*=UTF-8''${extValue(name)}`,
  };
  if (names(context.req.header("if-none-match"), etag))
    return new Response(null, { status: 304, headers: { etag } });
  // Of a file without its body Bun would say that it is 0 bytes long.
  if (context.req.method === "HEAD")
    return new Response(null, {
      headers: { ...headers, "content-length": `${size}`, "accept-ranges": "bytes" },
    });
  // Bun answers ranges of a file by itself, without a copy through this process.
  return new Response(Bun.file(path), { headers });
}

function limitOf(context: AppContext): number {
  const text = context.req.query("limit") ?? "100";
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new TesseraError("request_invalid", "limit: expected a whole number from 1 to 1000.");
  return limit;
}

/** Whether an If-None-Match names the tag. Source: RFC 9110 section 13.1.2. */
const names = (header: string | undefined, etag: string): boolean =>
  header?.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag) ?? false;

/** A text as RFC 8187 section 3.2.1 wants it; encodeURIComponent leaves a little more as it is. */
const extValue = (text: string): string =>
  encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** A name to be shown: no folders, no control characters, not endless. */
function cleanName(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const shown = base.replace(/[\u0000-\u001f\u007f]/g, "").toWellFormed();
  // Cut between characters: half of one cannot be written into a header.
  return [...shown.replace(/^\.+$/, "")].slice(0, 200).join("") || "image";
}
