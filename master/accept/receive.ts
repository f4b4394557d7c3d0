import { Readable } from "node:stream";
import busboy from "busboy";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { Sink, type SinkOptions } from "./sink.ts";

const FIELD_BYTES_MAX = 64 << 10;
const FIELDS_MAX = 32;

export type ReceiveOptions = Omit<SinkOptions, "onKept">;

export interface Upload {
  readonly bytes: number;
  /** What the sender calls the file, for people to read. */
  readonly name: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

type Bytes = AsyncIterable<Uint8Array>;

/**
 * Streams a request's body to `path`, never holding it, and refuses as early as it can: a type that is not read after
 * the first bytes, too many bytes when they come. When it throws, nothing is left at `path`. The chunks are its own: what
 * is written is gone.
 *
 * @throws image_empty, image_unknown_type, image_type_refused, upload_too_large, upload_interrupted, disk_full
 */
export async function receiveRaw(body: Bytes, options: ReceiveOptions): Promise<Upload> {
  const sink = await Sink.create(options);
  try {
    await sink.take(body);
    return { bytes: await sink.finish(), name: undefined, fields: {} };
  } catch (thrown) {
    await sink.discard();
    throw refusal(thrown);
  }
}

/** The same for multipart/form-data with a file part `image` and small fields beside it. Also `upload_malformed`. */
export async function receiveMultipart(
  body: Bytes,
  headers: Record<string, string>,
  options: ReceiveOptions,
): Promise<Upload> {
  const sink = await Sink.create(options);
  try {
    const { name, fields } = await parseMultipart(body, headers, sink);
    return { bytes: await sink.finish(), name, fields };
  } catch (thrown) {
    await sink.discard();
    throw refusal(thrown);
  }
}

function parseMultipart(body: Bytes, headers: Record<string, string>, sink: Sink) {
  return new Promise<{ name: string | undefined; fields: Record<string, string> }>((resolve, reject) => {
    const limits = { files: 1, fields: FIELDS_MAX, fieldSize: FIELD_BYTES_MAX, parts: FIELDS_MAX + 1 };
    let parser: busboy.Busboy;
    try {
      parser = busboy({ headers, limits, defParamCharset: "utf8" }); // as browsers and curl write names
    } catch (cause) {
      reject(new TesseraError("upload_malformed", "", { cause }));
      return;
    }
    const source = Readable.from(body, { objectMode: false });
    let name: string | undefined;
    let file: Readable | undefined;
    let written = Promise.resolve();
    let failed = false;
    // Not before the last write has ended: its file is closed next.
    const fail = (error: unknown) => {
      source.unpipe(parser);
      source.destroy();
      file?.destroy();
      failed = true;
      void written.then(() => reject(error));
    };
    const fields: Record<string, string> = Object.create(null);
    parser.on("file", (field, stream, info) => {
      if (field !== "image") {
        fail(new TesseraError("request_invalid", "Send the file as the part 'image'."));
        return;
      }
      name = info.filename;
      file = stream;
      written = sink.take(stream).catch(fail);
    });
    parser.on("field", (field, value, { nameTruncated, valueTruncated }) => {
      if (nameTruncated || valueTruncated)
        fail(new TesseraError("request_invalid", `A field is longer than ${FIELD_BYTES_MAX} bytes.`));
      if (Object.hasOwn(fields, field))
        fail(new TesseraError("request_invalid", `${field.slice(0, 60)}: is given more than once.`));
      fields[field] = value;
    });
    for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const)
      parser.on(limit, () => fail(new TesseraError("upload_malformed", "It has too many parts.")));
    // Of what is wrong with a form whose file has begun, almost all is that it ends too early.
    parser.on("error", (cause) =>
      fail(new TesseraError(file === undefined ? "upload_malformed" : "upload_interrupted", "", { cause })),
    );
    parser.on("close", () => written.then(() => failed || resolve({ name, fields })));
    source.on("error", (cause) => fail(refusal(cause)));
    source.pipe(parser);
  });
}

/**
 * The same for a part of a file of which `offset` bytes are there: what has come stays, however it ends, and is told.
 * What lies behind the offset is left from a crash, and written over.
 *
 * @param options `bytesMax` is the length of the whole
 * @throws what `receiveRaw` throws, and what `onKept` throws
 */
export async function receivePart(body: Bytes, options: SinkOptions, offset: number): Promise<void> {
  const sink = await Sink.resume(options, offset);
  try {
    await sink.take(body);
    if (sink.length === options.bytesMax) sink.check();
  } catch (thrown) {
    throw refusal(thrown);
  } finally {
    await sink.keep().finally(() => sink.close());
  }
}

/** What a broken stream throws has no code of ours: the sender went away. */
function refusal(thrown: unknown): TesseraError {
  const error = asTesseraError(thrown);
  return error.code === "internal" ? new TesseraError("upload_interrupted", "", { cause: thrown }) : error;
}
