import { crc32, deflateSync } from "node:zlib";

import sharp from "sharp";
import { shapeOf, sharpOf } from "./pictures.ts";

/** Whole, valid files that the hostile ones are made from. */
export async function validFiles() {
  const shape = shapeOf(160, 120, 3, 8);
  const image = () => sharpOf(shape);
  return {
    jpeg: await image().jpeg().toBuffer(),
    progressive: await image().jpeg({ progressive: true }).toBuffer(),
    png: await image().png().toBuffer(),
    webp: await image().webp().toBuffer(),
    avif: await image().avif({ effort: 0 }).toBuffer(),
    tiff: await image().tiff({ compression: "deflate" }).toBuffer(),
    gif: await image().gif().toBuffer(),
    animation: await animation(),
  };
}

async function animation(): Promise<Buffer> {
  const frames = ["#f00", "#0f0"].map((background) =>
    sharp({ create: { width: 16, height: 16, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  return sharp(await Promise.all(frames), { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
}

export const text = (content: string): Buffer => Buffer.from(content, "latin1");

/** `bytes` with `patch` written over at `at`. */
export function patched(bytes: Buffer, at: number, patch: Uint8Array | readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(patch, at);
  return copy;
}

/** The same bytes for the same seed. */
export function randomBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const u16be = (v: number): Buffer => Buffer.from([v >> 8, v & 255]);

export function u32be(v: number): Buffer {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(v);
  return b;
}

export function u32le(v: number): Buffer {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(v);
  return b;
}

export const PNG_SIGNATURE = text("\x89PNG\r\n\x1a\n");

export function pngChunk(type: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([text(type), body]);
  return Buffer.concat([u32be(body.length), named, u32be(crc32(named))]);
}

interface PngFields {
  readonly width?: number;
  readonly height?: number;
  readonly depth?: number;
  readonly colour?: number;
  readonly interlace?: number;
  readonly method?: number;
  readonly data?: Buffer;
  /** Chunks between header and data. */
  readonly before?: Buffer;
}

/** A PNG as its fields say, true or not. Data defaults to 20 rows of 20 black RGB pixels. */
export function pngOf(fields: PngFields): Buffer {
  const { width = 20, height = 20, depth = 8, colour = 2, interlace = 0, method = 0 } = fields;
  const data = fields.data ?? deflateSync(Buffer.alloc(20 * 61));
  const header = Buffer.concat([
    u32be(width),
    u32be(height),
    Buffer.from([depth, colour, method, 0, interlace]),
  ]);
  const before = fields.before ?? Buffer.alloc(0);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk("IHDR", header),
    before,
    pngChunk("IDAT", data),
    pngChunk("IEND"),
  ]);
}

/** A JPEG's segment. */
export const jpegSegment = (marker: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker]), u16be(body.length + 2), body]);

/** Where a JPEG's frame header (SOF0 or SOF2) stands. */
export function jpegFrame(jpeg: Buffer): number {
  for (let at = 2; ; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] === 0xc0 || jpeg[at + 1] === 0xc2) return at;
  }
}

/** The JPEG with another size in its header. */
export const jpegSized = (jpeg: Buffer, width: number, height: number): Buffer =>
  patched(jpeg, jpegFrame(jpeg) + 5, Buffer.concat([u16be(height), u16be(width)]));

type Field = readonly [tag: number, type: 1 | 3 | 4, value: number, count?: number];

interface TiffFields {
  readonly width?: number;
  readonly height?: number;
  readonly next?: number;
  readonly extra?: readonly Field[];
  readonly without?: readonly number[];
}

/** A little-endian, uncompressed gray TIFF of one strip; directory at 8, pixels at 1000, 2000 bytes long. */
export function tiffOf({ width = 20, height = 20, next = 0, extra = [], without = [] }: TiffFields): Buffer {
  const standard: Field[] = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 1000],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, 400],
  ];
  const replaced = new Set([...without, ...extra.map(([tag]) => tag)]);
  const fields = [...standard.filter(([tag]) => !replaced.has(tag)), ...extra].sort(([a], [b]) => a - b);
  const b = Buffer.alloc(2000, 90);
  b.write("II*\0", 0, "latin1");
  b.writeUInt32LE(8, 4);
  b.writeUInt16LE(fields.length, 8);
  fields.forEach(([tag, type, value, count = 1], i) => {
    const at = 10 + i * 12;
    b.writeUInt16LE(tag, at);
    b.writeUInt16LE(type, at + 2);
    b.writeUInt32LE(count, at + 4);
    b.writeUInt32LE(0, at + 8);
    if (type === 3) b.writeUInt16LE(value, at + 8);
    else b.writeUInt32LE(value, at + 8);
  });
  b.writeUInt32LE(next, 10 + fields.length * 12);
  return b;
}

interface GifFields {
  readonly screen?: readonly [number, number];
  readonly frames?: number;
  readonly frame?: readonly [number, number];
  readonly trailer?: boolean;
}

const u16le = (v: number): number[] => [v & 255, v >> 8];

/** A GIF of `frames` 1-pixel pictures (declared as `frame`) on a screen of two colours. */
export function gifOf({ screen = [1, 1], frames = 1, frame = [1, 1], trailer = true }: GifFields): Buffer {
  const head = [
    ...text("GIF89a"),
    ...u16le(screen[0]),
    ...u16le(screen[1]),
    0x80,
    0,
    0,
    0,
    0,
    0,
    255,
    255,
    255,
  ];
  const picture = Buffer.from([
    0x2c,
    0,
    0,
    0,
    0,
    ...u16le(frame[0]),
    ...u16le(frame[1]),
    0,
    2,
    2,
    0x44,
    1,
    0,
  ]);
  const pictures = Array.from({ length: frames }, () => picture);
  return Buffer.concat([Buffer.from(head), ...pictures, Buffer.from(trailer ? [0x3b] : [])]);
}

/** A stored ZIP of one file, with its directory. */
export function zipOf(name: string, content: string): Buffer {
  const body = text(content);
  const common = Buffer.concat([
    Buffer.from([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    u32le(crc32(body)),
    u32le(body.length),
    u32le(body.length),
    Buffer.from([...u16le(name.length), 0, 0]),
  ]);
  const local = Buffer.concat([text("PK\x03\x04"), common, text(name), body]);
  const entry = Buffer.concat([
    text("PK\x01\x02"),
    Buffer.from([20, 0]),
    common,
    Buffer.alloc(14),
    text(name),
  ]);
  const end = Buffer.concat([
    text("PK\x05\x06"),
    Buffer.from([0, 0, 0, 0, 1, 0, 1, 0]),
    u32le(entry.length),
    u32le(local.length),
    Buffer.from([0, 0]),
  ]);
  return Buffer.concat([local, entry, end]);
}

/** A box of ISO/IEC 14496-12. */
export const box = (type: string, body: Buffer): Buffer =>
  Buffer.concat([u32be(8 + body.length), text(type), body]);

/** An animated WebP whose first frame comes `frames` times. */
export function webpRepeated(animation: Buffer, frames: number): Buffer {
  const at = animation.indexOf("ANMF");
  const length = animation.readUInt32LE(at + 4);
  const frame = animation.subarray(at, at + 8 + length + (length & 1));
  const body = Buffer.concat([animation.subarray(8, at), ...Array.from({ length: frames }, () => frame)]);
  return Buffer.concat([text("RIFF"), u32le(body.length), body]);
}

/** A TIFF of `pages` directories, each a copy of the first. */
export function tiffPages(pages: number): Buffer {
  const page = tiffOf({});
  const directoryBytes = 2 + page.readUInt16LE(8) * 12 + 4;
  const copies = Array.from({ length: pages }, (_, i) => {
    const copy = Buffer.from(page.subarray(8, 8 + directoryBytes));
    const next = page.length + (i + 1) * directoryBytes;
    copy.writeUInt32LE(i === pages - 1 ? 0 : next, directoryBytes - 4);
    return copy;
  });
  return Buffer.concat([patched(page, 4, u32le(page.length)), ...copies]);
}
