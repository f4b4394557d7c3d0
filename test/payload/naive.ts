import type { Channels, Depth, PixelFormat, Size } from "../../shared/geometry.ts";
import { createRaster, type Raster } from "../../shared/raster.ts";

export const FORMATS: readonly PixelFormat[] = ([8, 16] as Depth[]).flatMap((depth) =>
  ([1, 2, 3, 4] as Channels[]).map((channels) => ({ channels, depth })),
);
export const named = ({ channels, depth }: PixelFormat): string => `${channels} × ${depth} bit`;

/** Bytes of every value, none like its neighbour: what differs from any prediction. */
export function noise(size: Size, format: PixelFormat, seed: number): Raster {
  const raster = createRaster({ x: 0, y: 0, ...size }, format);
  let state = seed | 1;
  for (let i = 0; i < raster.data.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223;
    raster.data[i] = state >>> 24;
  }
  return raster;
}

/** The planes of version 1 as its description says, a sample at a time: processes of unlike builds share them. */
export function planesOf({ rect: { width, height }, format: { channels, depth }, data }: Raster): Uint8Array {
  const samples = depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const range = 2 ** depth;
  const wrapped = (value: number): number => ((value % range) + range) % range;
  const sample = (x: number, y: number, c: number): number => {
    if (x < 0 || y < 0) return 0;
    const at = (y * width + x) * channels;
    const value = samples[at + c]!;
    return channels >= 3 && (c === 0 || c === 2) ? wrapped(value - samples[at + 1]! + range / 2) : value;
  };
  const out = new Uint8Array(data.length);
  const plane = width * height;
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [left, above] = [sample(x - 1, y, c), sample(x, y - 1, c)];
        const gradient = left + above - sample(x - 1, y - 1, c);
        const predicted = [left, above, gradient].sort((a, b) => a - b)[1]!;
        const difference = wrapped(sample(x, y, c) - predicted);
        const at = c * plane + y * width + x;
        if (depth === 8) out[at] = difference;
        else {
          const signed = difference < range / 2 ? 2 * difference : 2 * (range - difference) - 1;
          out[at] = signed >> 8;
          out[at + channels * plane] = signed & 255;
        }
      }
  return out;
}

/** The body of coding "fast" as its description says, a bit at a time. */
export function blocksOf(raster: Raster): Uint8Array {
  const { width, height } = raster.rect;
  const numbers = numbersOf(raster);
  const perPixel = numbers.length / (width * height);
  const widths: number[] = [];
  const blocks: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x += 16)
      for (let i = 0; i < perPixel; i++) {
        const block = Array.from({ length: 16 }, (_, k) =>
          x + k < width ? numbers[(y * width + x + k) * perPixel + i]! : 0,
        );
        const bits = block.map((v) =>
          v === 0 ? 0 : (v < 0 ? -v - 1 : v).toString(2).replace(/^0$/, "").length + 1,
        );
        const most = Math.max(...bits);
        widths.push(most);
        blocks.push(...packed(block.slice(0, 8), most), ...packed(block.slice(8), most));
      }
  if (widths.length % 2 === 1) widths.push(0);
  const pairs = Array.from({ length: widths.length / 2 }, (_, i) => widths[2 * i]! + 16 * widths[2 * i + 1]!);
  return Uint8Array.from([...pairs, ...blocks]);
}

/** Eight numbers of `width` bits each in as many bytes. */
function packed(eight: readonly number[], width: number): number[] {
  if (width === 0) return [];
  const all = eight.reduce((sum, v, i) => sum + (BigInt(v + 2 ** (width - 1)) << BigInt(i * width)), 0n);
  return Array.from({ length: width }, (_, i) => Number((all >> BigInt(8 * i)) & 255n));
}

/** One signed byte for each byte of each pixel. */
function numbersOf({ rect: { width, height }, format: { channels, depth }, data }: Raster): number[] {
  const samples = depth === 8 ? data : new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  const range = 2 ** depth;
  const signed = (value: number, of: number): number => ((((value + of / 2) % of) + of) % of) - of / 2;
  const out: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const difference = (c: number): number => {
        const at = (y * width + x) * channels + c;
        return samples[at]! - (y === 0 ? 0 : samples[at - width * channels]!);
      };
      for (let c = 0; c < channels; c++) {
        const less = channels > 2 && c % 2 === 0 ? difference(1) : 0;
        const number = signed(difference(c) - less, range);
        if (depth === 8) out.push(number);
        else {
          const low = signed(number, 256);
          out.push(low, signed((number - low) / 256, 256));
        }
      }
    }
  return out;
}
