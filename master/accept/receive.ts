import { type FileHandle, open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import busboy from "busboy";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { sniff } from "../probe/sniff.ts";

/** Enough of a file to know what it is. */
const HEAD_BYTES = 512;
const FIELD_BYTES_MAX = 64 << 10;
const FIELDS_MAX = 32;
/** Between two looks at how much room there is on the disk. */
const ROOM_BYTES = 16 << 20;

export interface ReceiveOptions {
  readonly path: string;
  readonly bytesMax: number;
  /** Whether to wait until the file is on the disk. */
  readonly sync: boolean;
  /** Asked before many more bytes are written. @throws disk_full */
  readonly checkRoom: (bytes: number) => void;
  /** Given every byte of the image, in order. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined;
}

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
  const sink = await Sink.open(options);
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
  const sink = await Sink.open(options);
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
      parser = busboy({ headers, limits });
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

/** What a broken stream throws has no code of ours: the sender went away. */
function refusal(thrown: unknown): TesseraError {
  const error = asTesseraError(thrown);
  return error.code === "internal" ? new TesseraError("upload_interrupted", "", { cause: thrown }) : error;
}

/**
 * Gives the memory of a chunk back at once, if all of that is the chunk. Otherwise some tens of megabytes of them would
 * wait for the collection of garbage, which hardly sees them.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** The file being written: counts, and looks at the first bytes before many have come. */
class Sink {
  private head = Buffer.alloc(0);
  private bytes = 0;
  /** Up to where there was room when it was looked at. */
  private roomTo = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly options: ReceiveOptions,
  ) {}

  static async open(options: ReceiveOptions): Promise<Sink> {
    return new Sink(await open(options.path, "wx", 0o600), options);
  }

  /** Takes the next bytes only when the last ones are written, so that none wait in memory; those are gone then. */
  async take(body: Bytes): Promise<void> {
    for await (const chunk of body) {
      this.look(chunk);
      for (let done = 0; done < chunk.byteLength; ) done += (await this.file.write(chunk, done)).bytesWritten;
      release(chunk);
    }
  }

  async finish(): Promise<number> {
    sniff(this.head);
    if (this.options.sync) await this.file.datasync();
    await this.file.close();
    return this.bytes;
  }

  async discard(): Promise<void> {
    await this.file.close().catch(() => {}); // it may be closed already
    await rm(this.options.path, { force: true });
  }

  private look(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength;
    if (this.bytes > this.options.bytesMax)
      throw new TesseraError("upload_too_large", `At most ${this.options.bytesMax} bytes are allowed.`);
    if (this.head.length < HEAD_BYTES) {
      this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
      if (this.head.length === HEAD_BYTES) sniff(this.head);
    }
    if (this.bytes > this.roomTo) {
      this.options.checkRoom(chunk.byteLength);
      this.roomTo = this.bytes + ROOM_BYTES;
    }
    this.options.onBytes?.(chunk);
  }
}
