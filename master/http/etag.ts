/** Whether an If-None-Match names the tag. Source: RFC 9110 section 13.1.2. */
export const names = (header: string | null, etag: string): boolean =>
  header?.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag) ?? false;

/** A text that changes with the program alone, or nothing for whoever has it. */
export function fixed(
  text: string,
  headers: Readonly<Record<string, string>>,
): (request: Request) => Response {
  const etag = `"${Bun.hash(text).toString(36)}"`;
  return (request) =>
    names(request.headers.get("if-none-match"), etag)
      ? new Response(null, { status: 304, headers: { etag } })
      : new Response(text, { headers: { ...headers, etag, "cache-control": "no-cache" } });
}
