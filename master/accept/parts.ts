import { on } from "node:events";
import { Readable } from "node:stream";
import busboy from "busboy";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";

/** One request brings no more. */
const PARTS_MAX = 1000;

export interface ImagePart {
  /** What the sender calls the file. */
  readonly name: string | undefined;
  /** @throws upload_interrupted */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The parts `image` of a multipart/form-data, one after the other as they come: the next is not read before the one
 * before it is taken, or left.
 *
 * @throws request_invalid for any other part, upload_malformed, upload_interrupted
 */
export async function* imageParts(
  body: AsyncIterable<Uint8Array>,
  headers: Record<string, string>,
): AsyncGenerator<ImagePart> {
  const limits = { files: PARTS_MAX, fields: 0 };
  let parser: busboy.Busboy;
  try {
    parser = busboy({ headers, limits, defParamCharset: "utf8" }); // as browsers and curl write names
  } catch (cause) {
    throw new TesseraError("upload_malformed", "", { cause });
  }
  const source = Readable.from(body, { objectMode: false });
  const fail = (error: TesseraError): void => void parser.destroy(error);
  parser.on("file", (_, stream) => stream.on("error", () => {})); // told to whoever reads it
  parser.on("filesLimit", () => fail(new TesseraError("upload_malformed", "It has too many parts.")));
  parser.on("fieldsLimit", () =>
    fail(new TesseraError("request_invalid", "Options belong to the batch: send parts 'image' only.")),
  );
  source.on("error", (cause) => fail(asTesseraError(cause, "upload_interrupted")));
  const files = on(parser, "file", { close: ["close"] });
  source.pipe(parser);
  try {
    for await (const [field, stream, { filename }] of files) {
      if (field !== "image") throw new TesseraError("request_invalid", "Send the files as parts 'image'.");
      // The parser waits for a file to be read to its end, whoever reads it: destroyed, it would wait for ever.
      yield { name: filename, body: stream.iterator({ destroyOnReturn: false }) };
      stream.resume();
    }
  } catch (cause) {
    throw cause instanceof TesseraError ? cause : new TesseraError("upload_malformed", "", { cause });
  } finally {
    source.unpipe(parser);
    source.destroy();
    parser.destroy();
  }
}
