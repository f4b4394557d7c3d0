import { TesseraError } from "../../shared/errors.ts";

/** Source: the tus protocol, "Upload-Metadata": `name value, name value`, values in Base64, which may be missing. */
const PAIR = /^([!-+\--~]+)(?: ([A-Za-z0-9+/]*={0,2}))?$/;

/** What a client says of the file that it sends. @throws request_invalid */
export function readMetadata(header: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of header.split(",")) {
    const [, name, value = ""] = PAIR.exec(pair.trim()) ?? [];
    if (name === undefined || found.has(name))
      throw new TesseraError(
        "request_invalid",
        "upload-metadata: expected names, each with a value in Base64.",
      );
    found.set(name, Buffer.from(value, "base64").toString("utf8"));
  }
  return found;
}
