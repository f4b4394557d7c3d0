import { bytesPerPixel, contains, type PixelFormat, type Rect } from "./geometry.ts";

/**
 * Pixels in memory: the rectangle `rect` of some image, rows `stride` bytes apart, the first sample at `data[0]`.
 * A window on a larger raster shares its bytes, so cutting one costs nothing.
 */
export interface Raster {
  readonly rect: Rect;
  readonly format: PixelFormat;
  readonly data: Uint8Array;
  readonly stride: number;
}

/** A raster of its own, rows packed. `shared` puts it in memory that threads can see. */
export function createRaster(rect: Rect, format: PixelFormat, shared = false): Raster {
  const stride = rect.width * bytesPerPixel(format);
  const bytes = stride * rect.height;
  const data = shared ? new Uint8Array(new SharedArrayBuffer(bytes)) : new Uint8Array(bytes);
  return { rect, format, data, stride };
}

/** A view on the part `rect` (in the image's coordinates) of `raster`; no pixel is copied. */
export function viewOf(raster: Raster, rect: Rect): Raster {
  if (!contains(raster.rect, rect)) throw new RangeError("a view must lie inside its raster");
  const start =
    (rect.y - raster.rect.y) * raster.stride + (rect.x - raster.rect.x) * bytesPerPixel(raster.format);
  return { rect, format: raster.format, data: raster.data.subarray(start), stride: raster.stride };
}

/** Copies `source` to the same place of `target`, which must hold it and have the same format. */
export function copyInto(target: Raster, source: Raster): void {
  const { data, stride } = viewOf(target, source.rect);
  const bytes = source.rect.width * bytesPerPixel(source.format);
  copyRows({ data, at: 0, stride }, { ...source, at: 0 }, bytes, source.rect.height);
}

/** Rows of bytes somewhere in memory: the first at `at`, each `stride` bytes after the one before. */
interface Rows {
  readonly data: Uint8Array;
  readonly at: number;
  readonly stride: number;
}

/** Copies `rows` rows of `bytes` bytes. `Buffer.copy` needs no view a row, which makes it three times as quick. */
export function copyRows(target: Rows, source: Rows, bytes: number, rows: number): void {
  if (bytes === 0 || rows === 0) return;
  const from = bufferOf(source.data);
  const to = bufferOf(target.data);
  if (rows === 1 || (bytes === source.stride && bytes === target.stride)) {
    from.copy(to, target.at, source.at, source.at + bytes * rows);
    return;
  }
  for (let y = 0; y < rows; y++) {
    const start = source.at + y * source.stride;
    from.copy(to, target.at + y * target.stride, start, start + bytes);
  }
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
