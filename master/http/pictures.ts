import type { Picture } from "../preview/previews.ts";
import { names } from "./etag.ts";

const FINAL = "private, max-age=31536000, immutable";
const GROWING = "private, no-cache";

/**
 * A picture, or nothing for whoever has it. Once nothing is missing it stays as it is under its `name`; before, its bytes
 * say whether it has changed.
 */
export async function pictureAnswer(
  request: Request,
  name: string,
  make: () => Promise<Picture>,
): Promise<Response> {
  const known = request.headers.get("if-none-match");
  const final = tagOf(name);
  if (known !== null && known.trim() !== "*" && names(known, final)) return unchanged(final, FINAL);
  const { bytes, format, isFinal } = await make();
  const etag = isFinal ? final : tagOf(bytes);
  const cache = isFinal ? FINAL : GROWING;
  if (names(known, etag)) return unchanged(etag, cache);
  return new Response(bytes, {
    headers: { etag, "cache-control": cache, "content-type": `image/${format}` },
  });
}

const unchanged = (etag: string, cache: string): Response =>
  new Response(null, { status: 304, headers: { etag, "cache-control": cache } });

const tagOf = (what: string | Uint8Array): string => `"${Bun.hash(what).toString(36)}"`;
