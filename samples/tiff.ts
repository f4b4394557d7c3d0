import { bytesPerPixel, hasAlpha } from "../shared/geometry.ts";
import type { PictureSpec } from "./picture.ts";

/** Rows in one strip, so that a strip is about a megabyte. */
export const rowsPerStrip = (spec: PictureSpec): number =>
  Math.max(1, Math.min(spec.height, Math.floor(2 ** 20 / (spec.width * bytesPerPixel(spec)))));

const SHORT = 3;
const LONG = 4;
const LONG8 = 16;

/**
 * Everything that stands before the pixels of an uncompressed little-endian TIFF: the strips follow it without a gap.
 * Above 4 GiB it is a BigTIFF. Sources: Adobe, TIFF 6.0 (1992); Aware Systems, The BigTIFF File Format.
 */
export function tiffHeader(spec: PictureSpec): Buffer {
  const rowBytes = spec.width * bytesPerPixel(spec);
  const rows = rowsPerStrip(spec);
  const strips = Math.ceil(spec.height / rows);
  const big = rowBytes * spec.height + strips * 16 + 1024 >= 2 ** 32;
  const pointer = big ? LONG8 : LONG;
  const each = <T>(value: T): T[] => Array.from({ length: spec.channels }, () => value);
  const counts = Array.from({ length: strips }, (_, i) => rowBytes * Math.min(rows, spec.height - i * rows));
  const tags: [tag: number, type: number, values: number[]][] = [
    [256, LONG, [spec.width]],
    [257, LONG, [spec.height]],
    [258, SHORT, each(spec.depth)],
    [259, SHORT, [1]], // no compression
    [262, SHORT, [spec.channels < 3 ? 1 : 2]], // black is zero, or RGB
    [273, pointer, counts], // offsets, filled in by the layout
    [277, SHORT, [spec.channels]],
    [278, LONG, [rows]],
    [279, pointer, counts],
    [284, SHORT, [1]], // interleaved
    ...(hasAlpha(spec) ? ([[338, SHORT, [2]]] as [number, number, number[]][]) : []), // straight alpha
  ];
  return layout(tags, big, rowBytes * rows);
}

function layout(
  tags: [tag: number, type: number, values: number[]][],
  big: boolean,
  stripBytes: number,
): Buffer {
  const head = big ? 16 : 8;
  const entry = big ? 20 : 12;
  const inline = big ? 8 : 4;
  const directory = (big ? 8 : 2) + tags.length * entry + inline;
  const size = (type: number) => ({ [SHORT]: 2, [LONG]: 4, [LONG8]: 8 })[type]!;
  const extra = tags.map(([, type, values]) =>
    size(type) * values.length > inline ? size(type) * values.length : 0,
  );
  const total = Math.ceil((head + directory + extra.reduce((sum, n) => sum + n, 0)) / 16) * 16;
  const out = Buffer.alloc(total);
  const put = (type: number, value: number, at: number) => {
    if (type === SHORT) out.writeUInt16LE(value, at);
    else if (type === LONG) out.writeUInt32LE(value, at);
    else out.writeBigUInt64LE(BigInt(value), at);
  };

  out.write("II", 0, "latin1");
  out.writeUInt16LE(big ? 43 : 42, 2);
  if (big) out.writeUInt16LE(8, 4);
  put(big ? LONG8 : LONG, head, big ? 8 : 4);
  put(big ? LONG8 : SHORT, tags.length, head);
  let next = head + directory;
  tags.forEach(([tag, type, values], i) => {
    const at = head + (big ? 8 : 2) + i * entry;
    out.writeUInt16LE(tag, at);
    out.writeUInt16LE(type, at + 2);
    put(big ? LONG8 : LONG, values.length, at + 4);
    const bytes = extra[i]!;
    if (bytes > 0) put(big ? LONG8 : LONG, next, at + 4 + inline);
    const start = bytes > 0 ? next : at + 4 + inline;
    next += bytes;
    values.forEach((value, v) => {
      put(type, tag === 273 ? total + v * stripBytes : value, start + v * size(type));
    });
  });
  return out;
}
