import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import {
  bytesPerPixel,
  colourChannels,
  contains,
  type Rect,
  type Shape,
  wholeOf,
} from "../../shared/geometry.ts";
import type { Raster } from "../../shared/raster.ts";

/**
 * A canvas is a file that holds a whole raster, row after row, and takes and gives rectangles. It has the layout of
 * libvips' own image files (a header of 64 bytes, then the pixels), so that decoders can write one and encoders read
 * one without a copy. Source: libvips, `libvips/iofuncs/vips.c`.
 */
export const CANVAS_HEADER_BYTES = 64;

const VIPS_MAGIC = 0x08f2a6b6;
const FORMAT = { 8: { bits: 8, code: 0 }, 16: { bits: 16, code: 2 } } as const;
const INTERPRETATION = { 8: { 1: 1, 3: 22 }, 16: { 1: 26, 3: 25 } } as const; // b-w, sRGB; grey16, rgb16

export const canvasBytes = (shape: Shape): number =>
  CANVAS_HEADER_BYTES + shape.width * shape.height * bytesPerPixel(shape);

export class Canvas {
  private readonly rowBytes: number;

  private constructor(
    readonly path: string,
    readonly shape: Shape,
    private readonly fd: number,
  ) {
    this.rowBytes = shape.width * bytesPerPixel(shape);
  }

  /** A new, sparse canvas of its final length; replaces what was at `path`. */
  static create(path: string, shape: Shape): Canvas {
    const fd = openSync(path, "w+");
    writeSync(fd, header(shape), 0, CANVAS_HEADER_BYTES, 0);
    ftruncateSync(fd, canvasBytes(shape));
    return new Canvas(path, shape, fd);
  }

  /** An existing one, which may still be growing under a decoder. */
  static open(path: string, shape: Shape, writable = false): Canvas {
    return new Canvas(path, shape, openSync(path, writable ? "r+" : "r"));
  }

  /** Reads the rectangle `target.rect`. Runs at memory speed when the rows are in the page cache, as they mostly are. */
  read(target: Raster): void {
    this.eachRun(target, (at, bytes, position) => {
      const got = readSync(this.fd, target.data, at, bytes, position);
      if (got !== bytes) throw new Error(`canvas ends early: ${got} of ${bytes} bytes at ${position}`);
    });
  }

  /** Writes the rectangle `source.rect`; on disk only after `sync`. */
  write(source: Raster): void {
    this.eachRun(source, (at, bytes, position) => {
      let done = 0;
      while (done < bytes) done += writeSync(this.fd, source.data, at + done, bytes - done, position + done);
    });
  }

  /** Waits until everything that was written is on the disk, without holding up the thread. */
  async sync(): Promise<void> {
    const handle = await open(this.path, "r+");
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  /** One call for rows that lie together in both file and memory, else one call a row. */
  private eachRun(
    { rect, stride }: Raster,
    run: (at: number, bytes: number, position: number) => void,
  ): void {
    assertInside(rect, this.shape);
    const pixel = bytesPerPixel(this.shape);
    const bytes = rect.width * pixel;
    const start = CANVAS_HEADER_BYTES + rect.y * this.rowBytes + rect.x * pixel;
    if (bytes === this.rowBytes && stride === bytes) {
      if (rect.height > 0) run(0, bytes * rect.height, start);
      return;
    }
    for (let y = 0; y < rect.height && bytes > 0; y++) run(y * stride, bytes, start + y * this.rowBytes);
  }
}

function assertInside(rect: Rect, shape: Shape): void {
  if (!contains(wholeOf(shape), rect)) throw new RangeError("rectangle outside its canvas");
}

function header(shape: Shape): Buffer {
  const b = Buffer.alloc(CANVAS_HEADER_BYTES);
  const format = FORMAT[shape.depth];
  const fields = [VIPS_MAGIC, shape.width, shape.height, shape.channels, format.bits, format.code, 0];
  for (const [i, value] of fields.entries()) b.writeUInt32LE(value, i * 4);
  b.writeUInt32LE(INTERPRETATION[shape.depth][colourChannels(shape)], 28);
  b.writeFloatLE(1, 32);
  b.writeFloatLE(1, 36);
  return b;
}
