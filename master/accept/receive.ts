import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
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

/**
 * Streams a request's body to `path`, never holding it, and refuses as early as it can: a type that is not read after
 * the first bytes, too many bytes when they come. When it throws, nothing is left at `path`.
 *
 * @throws image_empty, image_unknown_type, image_type_refused, upload_too_large, upload_interrupted, disk_full
 */
export async function receiveRaw(body: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<Upload> {
  const sink = new Sink(options);
  try {
    for await (const chunk of body) sink.write(chunk);
    return { bytes: await sink.finish(), name: undefined, fields: {} };
  } catch (thrown) {
    sink.discard();
    throw refusal(thrown);
  }
}

/** The same for multipart/form-data with a file part `image` and small fields beside it. Also `upload_malformed`. */
export async function receiveMultipart(
  body: ReadableStream<Uint8Array>,
  headers: Record<string, string>,
  options: ReceiveOptions,
): Promise<Upload> {
  const sink = new Sink(options);
  try {
    const { name, fields } = await parseMultipart(body, headers, sink);
    return { bytes: await sink.finish(), name, fields };
  } catch (thrown) {
    sink.discard();
    throw refusal(thrown);
  }
}

function parseMultipart(body: ReadableStream<Uint8Array>, headers: Record<string, string>, sink: Sink) {
  return new Promise<{ name: string | undefined; fields: Record<string, string> }>((resolve, reject) => {
    const limits = { files: 1, fields: FIELDS_MAX, fieldSize: FIELD_BYTES_MAX, parts: FIELDS_MAX + 1 };
    let parser: busboy.Busboy;
    try {
      parser = busboy({ headers, limits });
    } catch (cause) {
      reject(new TesseraError("upload_malformed", "", { cause }));
      return;
    }
    const source = Readable.fromWeb(body);
    const fail = (error: unknown) => {
      source.unpipe(parser);
      source.destroy();
      reject(error);
    };
    let name: string | undefined;
    const fields: Record<string, string> = Object.create(null);
    parser.on("file", (field, stream, info) => {
      if (field !== "image") {
        fail(new TesseraError("request_invalid", "Send the file as the part 'image'."));
        return;
      }
      name = info.filename;
      stream.on("data", (chunk: Buffer) => {
        try {
          sink.write(chunk);
        } catch (thrown) {
          fail(thrown);
        }
      });
      stream.on("error", fail);
    });
    parser.on("field", (field, value, { nameTruncated, valueTruncated }) => {
      if (nameTruncated || valueTruncated)
        fail(new TesseraError("request_invalid", `A field is longer than ${FIELD_BYTES_MAX} bytes.`));
      fields[field] = value;
    });
    for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const)
      parser.on(limit, () => fail(new TesseraError("upload_malformed", "It has too many parts.")));
    parser.on("error", (cause) => fail(new TesseraError("upload_malformed", "", { cause })));
    parser.on("close", () => resolve({ name, fields }));
    source.on("error", (cause) => fail(new TesseraError("upload_interrupted", "", { cause })));
    source.pipe(parser);
  });
}

/** What a broken stream throws has no code of ours: the sender went away. */
function refusal(thrown: unknown): TesseraError {
  const error = asTesseraError(thrown);
  return error.code === "internal" ? new TesseraError("upload_interrupted", "", { cause: thrown }) : error;
}

/** The file being written: counts, and looks at the first bytes before many have come. */
class Sink {
  private readonly fd: number;
  private head = Buffer.alloc(0);
  private bytes = 0;
  /** Up to where there was room when it was looked at. */
  private roomTo = 0;
  private closed = false;

  constructor(private readonly options: ReceiveOptions) {
    this.fd = openSync(options.path, "wx", 0o600);
  }

  write(chunk: Uint8Array): void {
    if (this.closed) return;
    this.bytes += chunk.byteLength;
    if (this.bytes > this.options.bytesMax)
      throw new TesseraError("upload_too_large", `At most ${this.options.bytesMax} bytes are allowed.`);
    if (this.head.length < HEAD_BYTES) {
      this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
      if (this.head.length === HEAD_BYTES) sniff(this.head);
    }
    if (this.bytes > this.roomTo) {
      this.options.checkRoom(chunk.byteLength + ROOM_BYTES);
      this.roomTo = this.bytes + ROOM_BYTES;
    }
    this.options.onBytes?.(chunk);
    let done = 0;
    while (done < chunk.byteLength) done += writeSync(this.fd, chunk, done);
  }

  async finish(): Promise<number> {
    sniff(this.head);
    this.close();
    if (this.options.sync) {
      const handle = await open(this.options.path, "r+");
      await handle.datasync().finally(() => handle.close());
    }
    return this.bytes;
  }

  discard(): void {
    this.close();
    rmSync(this.options.path, { force: true });
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.fd);
  }
}
