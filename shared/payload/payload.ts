import { bytesPerPixel, isEmpty, type PixelFormat, type Rect } from "../geometry.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Plane } from "../ops/op.ts";
import { copyRows, type Raster } from "../raster.ts";
import { packBits, unpackBits } from "./bits.ts";
import { damaged } from "./damaged.ts";
import { packPlanes, unpackPlanes } from "./planes.ts";

/*
 * A payload is a header of 12 bytes and a body:
 *
 *     0  version        1  coding
 *     2  channels       3  bits a sample
 *     4  width, u32     8  height, u32     (little-endian)
 *
 * Codings: 0, the pixels, rows packed, where neither of the others makes them fewer; 1, "small" (`planes.ts`);
 * 2, "fast" (`bits.ts`).
 */
const VERSION = 1;
const HEADER_BYTES = 12;
const RAW = 0;
const CODINGS = { small: 1, fast: 2 } as const;

/**
 * How pixels are made fewer: "fast" in a tenth of a millisecond or two a tile, "small" to a fifth less in ten times as
 * long, for where the network is what all wait for.
 */
export type Coding = keyof typeof CODINGS;

export interface EncodeOptions {
  /** "fast" unless said otherwise. */
  readonly coding?: Coding;
  /** Where the payload goes, at least `payloadBytesMax` bytes; without it, into memory of its own. */
  readonly target?: Uint8Array;
}

const packedBytes = (rect: Rect, format: PixelFormat): number =>
  rect.width * rect.height * bytesPerPixel(format);

/** No payload of such pixels has more bytes. */
export const payloadBytesMax = (rect: Rect, format: PixelFormat): number =>
  HEADER_BYTES + packedBytes(rect, format);

/**
 * The pixels of `raster` (any size but empty, any stride) without loss. The same pixels give the same bytes. Uses what
 * is free of the kernels' memory and gives it back.
 */
export function encodePayload(kernels: Kernels, raster: Raster, options?: EncodeOptions): Uint8Array {
  const { rect, format } = raster;
  const mark = kernels.mark();
  try {
    const stride = rect.width * bytesPerPixel(format);
    const plane = { at: kernels.alloc(stride * rect.height), rect, format, stride };
    const rows = { data: kernels.bytes, at: plane.at, stride };
    copyRows(rows, { ...raster, at: 0 }, stride, rect.height);
    return encodePlane(kernels, plane, options);
  } finally {
    kernels.release(mark);
  }
}

/** As `encodePayload`, of pixels that are in the kernels' memory already. */
export function encodePlane(
  kernels: Kernels,
  plane: Plane,
  { coding = "fast", target }: EncodeOptions = {},
): Uint8Array {
  const { rect, format } = plane;
  if (isEmpty(rect)) throw new RangeError("a payload needs at least one pixel");
  if (target && target.length < payloadBytesMax(rect, format))
    throw new RangeError("the target is too small");
  const size = packedBytes(rect, format);
  const mark = kernels.mark();
  try {
    const pack = coding === "fast" ? packBits : packPlanes;
    const parts = pack(kernels, plane, size);
    if (parts !== undefined) return withHeader(CODINGS[coding], plane, parts, target);
    const payload = target?.subarray(0, HEADER_BYTES + size) ?? new Uint8Array(HEADER_BYTES + size);
    writeHeader(payload, RAW, plane);
    const stride = rect.width * bytesPerPixel(format);
    const rows = { data: payload, at: HEADER_BYTES, stride };
    copyRows(rows, { ...plane, data: kernels.bytes }, stride, rect.height);
    return payload;
  } finally {
    kernels.release(mark);
  }
}

function withHeader(
  coding: number,
  plane: Plane,
  parts: readonly Uint8Array[],
  target?: Uint8Array,
): Uint8Array {
  const bytes = parts.reduce((sum, { length }) => sum + length, HEADER_BYTES);
  const payload = target?.subarray(0, bytes) ?? new Uint8Array(bytes);
  writeHeader(payload, coding, plane);
  let at = HEADER_BYTES;
  for (const part of parts) {
    payload.set(part, at);
    at += part.length;
  }
  return payload;
}

function writeHeader(payload: Uint8Array, coding: number, { rect, format }: Plane): void {
  const view = new DataView(payload.buffer, payload.byteOffset, HEADER_BYTES);
  payload.set([VERSION, coding, format.channels, format.depth]);
  view.setUint32(4, rect.width, true);
  view.setUint32(8, rect.height, true);
}

/**
 * The raster at `rect` in `format`, rows packed, that `payload` must hold, in `target` if given (at least as large).
 * Takes four times the raster's bytes beside it at most, whatever the payload says of itself.
 *
 * @throws TesseraError `payload_damaged` for a payload of anything else, or of nothing that can be decoded. Bytes
 * that were changed and still decode to the right length are not found out: that is for the transport's checksum.
 */
export function decodePayload(
  kernels: Kernels,
  payload: Uint8Array,
  rect: Rect,
  format: PixelFormat,
  target?: Uint8Array,
): Raster {
  const size = packedBytes(rect, format);
  if (target !== undefined && target.length < size) throw new RangeError("the target is too small");
  checkedCoding(payload, rect, format);
  const data = target?.subarray(0, size) ?? new Uint8Array(size);
  const raster = { rect, format, data, stride: rect.width * bytesPerPixel(format) };
  decodeInto(kernels, payload, raster);
  return raster;
}

/**
 * As `decodePayload`, over the pixels of `raster`, of any stride: a view on a larger one, say.
 *
 * @throws TesseraError `payload_damaged`, before a pixel is written
 */
export function decodeInto(kernels: Kernels, payload: Uint8Array, raster: Raster): void {
  const { rect, format } = raster;
  const stride = rect.width * bytesPerPixel(format);
  const target = { ...raster, at: 0 };
  if (checkedCoding(payload, rect, format) === RAW) {
    copyRows(target, rawRows(payload, rect, format), stride, rect.height);
    return;
  }
  const mark = kernels.mark();
  try {
    const plane = { at: kernels.alloc(stride * rect.height), rect, format, stride };
    decodeToPlane(kernels, payload, plane);
    copyRows(target, { ...plane, data: kernels.bytes }, stride, rect.height);
  } finally {
    kernels.release(mark);
  }
}

/**
 * As `decodePayload`, into the kernels' memory: over the pixels of `plane`, and up to 15 bytes past the end of a row
 * (where a row below is written later).
 *
 * @throws TesseraError `payload_damaged`, before a pixel is written
 */
export function decodeToPlane(kernels: Kernels, payload: Uint8Array, plane: Plane): void {
  const { rect, format } = plane;
  const coding = checkedCoding(payload, rect, format);
  if (coding === RAW) {
    const rows = { ...plane, data: kernels.bytes };
    const stride = rect.width * bytesPerPixel(format);
    copyRows(rows, rawRows(payload, rect, format), stride, rect.height);
    return;
  }
  const mark = kernels.mark();
  try {
    const unpack = coding === CODINGS.fast ? unpackBits : unpackPlanes;
    unpack(kernels, payload.subarray(HEADER_BYTES), plane);
  } finally {
    kernels.release(mark);
  }
}

function rawRows(payload: Uint8Array, rect: Rect, format: PixelFormat) {
  const size = packedBytes(rect, format);
  const found = payload.length - HEADER_BYTES;
  if (found !== size) throw damaged(`It has ${found} bytes of pixels instead of ${size}.`);
  return { data: payload, at: HEADER_BYTES, stride: rect.width * bytesPerPixel(format) };
}

/** The coding, of a payload whose header is what `rect` and `format` ask for. */
function checkedCoding(payload: Uint8Array, rect: Rect, format: PixelFormat): number {
  if (isEmpty(rect)) throw new RangeError("a payload has at least one pixel");
  if (payload.length < HEADER_BYTES) throw damaged("It ends in its header.");
  const view = new DataView(payload.buffer, payload.byteOffset, HEADER_BYTES);
  const version = view.getUint8(0);
  const coding = view.getUint8(1);
  if (version !== VERSION) throw damaged(`It is of version ${version}, this Tessera reads ${VERSION}.`);
  if (coding > CODINGS.fast) throw damaged(`Its coding ${coding} is unknown.`);
  const found = `${view.getUint32(4, true)} × ${view.getUint32(8, true)} × ${view.getUint8(2)}, ${view.getUint8(3)} bit`;
  const wanted = `${rect.width} × ${rect.height} × ${format.channels}, ${format.depth} bit`;
  if (found !== wanted) throw damaged(`It holds ${found} instead of ${wanted}.`);
  return coding;
}
