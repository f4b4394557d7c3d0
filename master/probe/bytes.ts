import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { TesseraError } from "../../shared/errors.ts";

/** How much of a file's beginning and of its end the probe reads at most, besides single header fields between. */
export const EDGE_BYTES = 65_536;

/** Read at a time elsewhere, so that who walks through small fields does not read each by itself. */
const WINDOW_BYTES = 4096;

/**
 * A file that is read here and there. The first and the last 64 KiB are read once and kept, since nearly every header
 * lies in them. It is read at once, and nothing else is done meanwhile: whoever walks the middle must bound their steps.
 */
export class FileBytes {
  readonly size: number;
  readonly head: Buffer;
  private end: Buffer | undefined;
  /** What was read last between the edges. */
  private window: Buffer = Buffer.alloc(0);
  private windowAt = 0;
  private readonly fd: number;

  constructor(path: string) {
    this.fd = openFile(path);
    this.size = fstatSync(this.fd).size;
    this.head = this.pread(0, Math.min(EDGE_BYTES, this.size));
  }

  /** The last 64 KiB (all, if there are fewer). */
  get tail(): Buffer {
    this.end ??=
      this.size <= EDGE_BYTES
        ? this.head
        : this.pread(this.size - EDGE_BYTES, Math.min(EDGE_BYTES, this.size));
    return this.end;
  }

  /** Offset in the file of `tail[0]`. */
  get tailAt(): number {
    return this.size - this.tail.length;
  }

  /** `length` bytes from `at`; throws `image_truncated` when the file ends before. */
  read(at: number, length: number): Buffer {
    if (at < 0 || at + length > this.size) throw new TesseraError("image_truncated");
    if (at + length <= this.head.length) return this.head.subarray(at, at + length);
    if (length > WINDOW_BYTES) return this.pread(at, length);
    if (at < this.windowAt || at + length > this.windowAt + this.window.length) {
      this.window = this.pread(at, Math.min(WINDOW_BYTES, this.size - at));
      this.windowAt = at;
    }
    return this.window.subarray(at - this.windowAt, at - this.windowAt + length);
  }

  close(): void {
    closeSync(this.fd);
  }

  private pread(at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let got = 0;
    while (got < length) {
      const n = readSync(this.fd, bytes, got, length - got, at + got);
      if (n === 0) throw new TesseraError("image_truncated");
      got += n;
    }
    return bytes;
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (thrown) {
    throw new TesseraError("file_not_found", "", { cause: thrown });
  }
}
