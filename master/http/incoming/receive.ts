import { rmSync } from "node:fs";
import type { Static, TObject } from "@sinclair/typebox";
import type { Route } from "../../../shared/api/route.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { type ReceiveOptions, receiveMultipart, receiveRaw } from "../../accept/receive.ts";
import type { Call } from "../route_call.ts";
import { bringsForm, readTexts } from "../values.ts";

/**
 * Streams the image in a request's body to the disk: the body itself, or the part `image` of a form, whose other fields
 * are read by `schema`. When it throws, nothing is left at the path.
 */
export async function receiveBody<T extends TObject>(
  { request, bytes }: Pick<Call<Route>, "request" | "bytes">,
  schema: T,
  options: ReceiveOptions,
): Promise<{ name: string | undefined; fields: Partial<Static<T>> }> {
  const form = bringsForm(request);
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > options.bytesMax)
    throw new TesseraError("upload_too_large", `At most ${options.bytesMax} bytes are allowed.`);
  options.checkRoom(declared);
  if (request.body === null) throw new TesseraError("image_empty");
  if (!form) return { name: (await receiveRaw(bytes, options)).name, fields: {} };
  const { name, fields } = await receiveMultipart(bytes, Object.fromEntries(request.headers), options);
  try {
    return { name, fields: readTexts(schema, fields) };
  } catch (thrown) {
    rmSync(options.path, { force: true });
    throw thrown;
  }
}
