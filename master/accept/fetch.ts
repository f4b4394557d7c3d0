import { TesseraError } from "../../shared/errors.ts";
import type { Outbound } from "../outbound/outbound.ts";
import { type ReceiveOptions, receiveRaw, type Upload } from "./receive.ts";

/**
 * Streams what is at an address to the disk, through the same checks as an upload.
 *
 * @param signal aborted when nobody waits for it any more
 * @throws what `Outbound.fetch` and `receiveRaw` throw
 */
export async function receiveFrom(
  outbound: Outbound,
  { address, owner }: { readonly address: string; readonly owner: string },
  options: ReceiveOptions,
  signal: AbortSignal,
): Promise<Upload> {
  const answer = await outbound.fetch(address, owner, signal);
  try {
    if (answer.status !== 200)
      throw new TesseraError("source_unreachable", `It answered with the status ${answer.status}.`);
    const declared = Number(answer.headers["content-length"] ?? 0);
    if (declared > options.bytesMax)
      throw new TesseraError("upload_too_large", `At most ${options.bytesMax} bytes are allowed.`);
    options.checkRoom(declared);
    return { ...(await receiveRaw(answer.body, options)), name: nameIn(answer.url) };
  } finally {
    answer.close();
  }
}

/** The last part of the address that was fetched in the end. */
function nameIn({ pathname }: URL): string | undefined {
  const last = pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last) || undefined;
  } catch {
    return last; // percent signs that stand for themselves
  }
}
