import { stat } from "node:fs/promises";
import type { Master } from "../master.ts";
import { names } from "./etag.ts";

/** The finished file, or what of it was asked for. @throws job_not_found, job_not_done, job_result_expired */
export function result(request: Request, master: Master, id: string): Promise<Response> {
  const path = master.resultPath(id);
  const { source, output } = master.job(id)!;
  const base = source.name.replace(/\.[^.]*$/, "") || "image";
  return file(request, path, `${base}.${endingOf(output.format)}`, output.format, id);
}

/** The file that a job was sent with. @throws job_not_found, job_source_gone */
export function source(request: Request, master: Master, id: string): Promise<Response> {
  const path = master.sourcePath(id);
  const { name, type } = master.job(id)!.source;
  return file(request, path, IMAGE_NAME.test(name) ? name : `${name}.${endingOf(type)}`, type, id);
}

/** With any other ending, whoever opens the file might be shown something else than an image. */
const IMAGE_NAME = /\.(avif|gif|jpe?g|png|tiff?|webp)$/i;

const endingOf = (format: string): string => (format === "jpeg" ? "jpg" : format);

async function file(
  request: Request,
  path: string,
  name: string,
  format: string,
  id: string,
): Promise<Response> {
  const { size, mtimeMs } = await stat(path);
  const etag = `"${id}-${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`;
  const headers = {
    etag,
    "content-type": `image/${format}`,
    "content-disposition": `attachment; filename="${name.replace(/[^\w. -]/g, "_")}"; filename*=UTF-8''${extValue(name)}`,
  };
  if (names(request.headers.get("if-none-match"), etag))
    return new Response(null, { status: 304, headers: { etag } });
  // Of a file without its body Bun would say that it is 0 bytes long.
  if (request.method === "HEAD")
    return new Response(null, {
      headers: { ...headers, "content-length": `${size}`, "accept-ranges": "bytes" },
    });
  // Bun answers ranges of a file by itself, without a copy through this process.
  return new Response(Bun.file(path), { headers });
}

/** A text as RFC 8187 section 3.2.1 wants it; encodeURIComponent leaves a little more as it is. */
const extValue = (text: string): string =>
  encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
