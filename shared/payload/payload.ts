import { TesseraError } from "../errors.ts";
import { bytesPerPixel, isEmpty, type PixelFormat, type Rect } from "../geometry.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { copyRows, type Raster } from "../raster.ts";
import { frameContentBytes } from "./zstd_frame.ts";

/*
 * A payload is a header of 12 bytes and a body:
 *
 *     0  version        1  coding
 *     2  channels       3  bits a sample
 *     4  width, u32     8  height, u32     (little-endian)
 *
 * Coding RAW: the pixels, rows packed. Coding PLANES: one zstd frame. In it are the differences from a prediction,
 * channel after channel. From the pixels there: red and blue become red − green and blue − green, plus half the
 * range; of every sample is taken the median of left, above, and left + above − aboveLeft (0 outside); differences of
 * 16 bits are turned into unsigned by zigzag and cut in two, all high bytes before all low ones.
 *
 * The median was chosen by measurement. Every third RGB tile of 512², zstd level 1: alone / left / gradient / median:
 * beach-1 1.13 / 2.30 / 2.45 / 2.53, beach-2 1.26 / 3.04 / 3.27 / 3.41, hubble 1.50 / 1.70 / 1.69 / 1.79, retina
 * 2.25 / 4.47 / 4.97 / 5.02. Fewer bytes also make zstd quicker than after the other predictors.
 */
const VERSION = 1;
const HEADER_BYTES = 12;
const RAW = 0;
const PLANES = 1;
const ZSTD_LEVEL = 1;

/** For `lines` of the kernels: see `toPlanes8`. */
const linesBytes = ({ width }: Rect, { depth }: PixelFormat): number => 5 * (width * 4 * (depth >> 3) + 144);

const packedBytes = (rect: Rect, format: PixelFormat): number =>
  rect.width * rect.height * bytesPerPixel(format);

/**
 * The pixels of `raster` (any size but empty, any stride) without loss, in memory of their own. The same pixels give
 * the same bytes. Uses what is free of the kernels' memory and gives it back.
 */
export function encodePayload(kernels: Kernels, raster: Raster): Uint8Array<ArrayBuffer> {
  const { rect, format } = raster;
  if (isEmpty(rect)) throw new RangeError("a payload needs at least one pixel");
  const size = packedBytes(rect, format);
  const mark = kernels.mark();
  try {
    const source = kernels.alloc(size);
    const planes = kernels.alloc(size);
    const lines = kernels.alloc(linesBytes(rect, format));
    const { bytes, call } = kernels;
    const stride = rect.width * bytesPerPixel(format);
    copyRows({ data: bytes, at: source, stride }, { ...raster, at: 0 }, stride, rect.height);
    const split = format.depth === 8 ? call.toPlanes8 : call.toPlanes16;
    split(source, stride, rect.width, rect.height, format.channels, planes, lines);
    const frame = Bun.zstdCompressSync(bytes.subarray(planes, planes + size), { level: ZSTD_LEVEL });
    return frame.length < size
      ? withHeader(PLANES, raster, frame)
      : withHeader(RAW, raster, bytes.subarray(source, source + size));
  } finally {
    kernels.release(mark);
  }
}

function withHeader(coding: number, { rect, format }: Raster, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(payload.buffer);
  payload.set([VERSION, coding, format.channels, format.depth]);
  view.setUint32(4, rect.width, true);
  view.setUint32(8, rect.height, true);
  payload.set(body, HEADER_BYTES);
  return payload;
}

/**
 * The raster at `rect` in `format`, rows packed, that `payload` must hold, in `target` if given (at least as large).
 * Takes three times the raster's bytes beside it at most, whatever the payload says of itself.
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
  if (isEmpty(rect)) throw new RangeError("a payload has at least one pixel");
  const size = packedBytes(rect, format);
  if (target !== undefined && target.length < size) throw new RangeError("the target is too small");
  const coding = checkedCoding(payload, rect, format);
  const body = payload.subarray(HEADER_BYTES);
  const stride = rect.width * bytesPerPixel(format);
  if (coding === RAW) {
    if (body.length !== size) throw damaged(`It has ${body.length} bytes of pixels instead of ${size}.`);
    const data = target?.subarray(0, size) ?? new Uint8Array(size);
    data.set(body);
    return { rect, format, data, stride };
  }
  const planes = decompress(body, size);
  const data = target?.subarray(0, size) ?? new Uint8Array(size);
  joinPlanes(kernels, planes, rect, format, data);
  return { rect, format, data, stride };
}

/** The coding, of a payload whose header is what `rect` and `format` ask for. */
function checkedCoding(payload: Uint8Array, rect: Rect, format: PixelFormat): number {
  if (payload.length < HEADER_BYTES) throw damaged("It ends in its header.");
  const view = new DataView(payload.buffer, payload.byteOffset, HEADER_BYTES);
  const version = view.getUint8(0);
  const coding = view.getUint8(1);
  if (version !== VERSION) throw damaged(`It is of version ${version}, this Tessera reads ${VERSION}.`);
  if (coding !== RAW && coding !== PLANES) throw damaged(`Its coding ${coding} is unknown.`);
  const found = `${view.getUint32(4, true)} × ${view.getUint32(8, true)} × ${view.getUint8(2)}, ${view.getUint8(3)} bit`;
  const wanted = `${rect.width} × ${rect.height} × ${format.channels}, ${format.depth} bit`;
  if (found !== wanted) throw damaged(`It holds ${found} instead of ${wanted}.`);
  return coding;
}

/** The `size` bytes in `body`; that there are as many is known before the first is decoded. */
function decompress(body: Uint8Array, size: number): Uint8Array {
  const declared = frameContentBytes(body);
  if (declared !== size)
    throw damaged(`Its frame is of ${declared ?? "an unknown number of"} bytes instead of ${size}.`);
  let planes: Uint8Array;
  try {
    planes = Bun.zstdDecompressSync(body as Uint8Array<ArrayBuffer>);
  } catch (error) {
    throw damaged("Its frame cannot be decoded.", error);
  }
  if (planes.length !== size) throw damaged(`It decodes to ${planes.length} bytes instead of ${size}.`);
  return planes;
}

function joinPlanes(
  kernels: Kernels,
  planes: Uint8Array,
  rect: Rect,
  format: PixelFormat,
  data: Uint8Array,
): void {
  const mark = kernels.mark();
  try {
    const source = kernels.alloc(planes.length);
    const out = kernels.alloc(planes.length);
    const lines = kernels.alloc(linesBytes(rect, format));
    kernels.bytes.set(planes, source);
    const join = format.depth === 8 ? kernels.call.fromPlanes8 : kernels.call.fromPlanes16;
    const stride = rect.width * bytesPerPixel(format);
    join(source, out, stride, rect.width, rect.height, format.channels, lines);
    data.set(kernels.bytes.subarray(out, out + planes.length));
  } finally {
    kernels.release(mark);
  }
}

const damaged = (detail: string, cause?: unknown): TesseraError =>
  new TesseraError("payload_damaged", detail, cause === undefined ? undefined : { cause });
