import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { TesseraError } from "../../shared/errors.ts";
import { sniff } from "../probe/sniff.ts";

/** Enough of a file to know what it is. */
const HEAD_BYTES = 512;
/** Between two looks at how much room there is on the disk. */
const ROOM_BYTES = 16 << 20;
/** Of a file that is kept as it comes, what a crash may cost. */
const KEEP_BYTES = 16 << 20;

export interface SinkOptions {
  readonly path: string;
  readonly bytesMax: number;
  /** Whether to wait until the file is on the disk. */
  readonly sync: boolean;
  /** Asked before many more bytes are written. @throws disk_full */
  readonly checkRoom: (bytes: number) => void;
  /** Given every byte of the image, in order. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined;
  /** Told now and then, and by `keep`, how many bytes are on the disk, of a file that is kept as it comes. */
  readonly onKept?: ((bytes: number) => void) | undefined;
}

/**
 * Gives the memory of a chunk back at once, if all of that is the chunk. Otherwise some tens of megabytes of them would
 * wait for the collection of garbage, which hardly sees them.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** The file being written: counts, and looks at the first bytes before many have come. */
export class Sink {
  private bytes: number;
  private keptBytes: number;
  /** Up to where there was room when it was looked at. */
  private roomTo: number;

  private constructor(
    private readonly file: FileHandle,
    private readonly options: SinkOptions,
    offset: number,
    private head: Buffer,
  ) {
    this.bytes = offset;
    this.keptBytes = offset;
    this.roomTo = offset;
  }

  static async create(options: SinkOptions): Promise<Sink> {
    return new Sink(await open(options.path, "wx", 0o600), options, 0, Buffer.alloc(0));
  }

  /** Goes on with a file behind its first bytes, of which nothing is there yet at 0. */
  static async resume(options: SinkOptions, offset: number): Promise<Sink> {
    const file = await open(options.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      if ((await file.stat()).size < offset) throw new Error("A file is shorter than what is known of it.");
      await file.truncate(offset);
      const head = Buffer.alloc(Math.min(offset, HEAD_BYTES));
      await file.read(head, 0, head.length, 0);
      return new Sink(file, options, offset, head);
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }

  /** Bytes that are written, those that were there before too. */
  get length(): number {
    return this.bytes;
  }

  /** Takes the next bytes only when the last ones are written, so that none wait in memory; those are gone then. */
  async take(body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of body) {
      this.look(chunk);
      for (let done = 0; done < chunk.byteLength; ) {
        const rest = chunk.byteLength - done;
        const { bytesWritten } = await this.file.write(chunk, done, rest, this.bytes);
        done += bytesWritten;
        this.bytes += bytesWritten;
      }
      release(chunk);
      if (this.options.onKept !== undefined && this.bytes - this.keptBytes >= KEEP_BYTES) await this.keep();
    }
  }

  /** Whether what has come is an image. @throws image_empty, image_unknown_type, image_type_refused */
  check(): void {
    sniff(this.head);
  }

  async finish(): Promise<number> {
    this.check();
    await this.keep();
    await this.file.close();
    return this.bytes;
  }

  /** Resolves when all that has come is on the disk, and that was told. */
  async keep(): Promise<void> {
    if (this.options.sync) await this.file.datasync();
    this.keptBytes = this.bytes;
    this.options.onKept?.(this.bytes);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  async discard(): Promise<void> {
    await this.file.close().catch(() => {}); // it may be closed already
    await rm(this.options.path, { force: true });
  }

  private look(chunk: Uint8Array): void {
    const bytes = this.bytes + chunk.byteLength;
    if (bytes > this.options.bytesMax)
      throw new TesseraError("upload_too_large", `At most ${this.options.bytesMax} bytes are allowed.`);
    if (this.head.length < HEAD_BYTES) {
      this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
      if (this.head.length === HEAD_BYTES) this.check();
    }
    if (bytes > this.roomTo) {
      this.options.checkRoom(chunk.byteLength);
      this.roomTo = bytes + ROOM_BYTES;
    }
    this.options.onBytes?.(chunk);
  }
}
