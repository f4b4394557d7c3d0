import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bytesPerPixel, type PixelFormat, type Size } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import type { Plane } from "../../shared/ops/op.ts";
import { packBits, unpackBits } from "../../shared/payload/bits.ts";
import { copyRows, createRaster, type Raster } from "../../shared/raster.ts";
import { anyFormat, pixels } from "../ops/arbitrary.ts";
import { blocksOf, FORMATS, named, noise } from "./naive.ts";

const kernels = loadKernels();
const AROUND = 0xa5;
/** Beside, above and below a plane. */
const MARGIN = 32;

/** A plane in the midst of other bytes. */
function surrounded({ width, height }: Size, format: PixelFormat) {
  const row = width * bytesPerPixel(format);
  const stride = row + MARGIN;
  const all = stride * height + 2 * MARGIN;
  const start = kernels.alloc(all);
  kernels.bytes.fill(AROUND, start, start + all);
  const plane: Plane = { at: start + MARGIN, rect: { x: 3, y: 5, width, height }, format, stride };
  /** Whether every byte that is not a pixel's is what it was. */
  const untouched = (): boolean => {
    const bytes = kernels.bytes.slice(start, start + all);
    for (let y = 0; y < height; y++) bytes.fill(AROUND, MARGIN + y * stride, MARGIN + y * stride + row);
    return bytes.every((byte) => byte === AROUND);
  };
  return { plane, untouched };
}

/** Not by way of a payload: where blocks do not make pixels fewer they are kept as they are, and small ones seldom do. */
function bitsAndBack({ rect, format, data, stride }: Raster) {
  kernels.reset();
  const source = surrounded(rect, format);
  const target = surrounded(rect, format);
  const rows = { ...source.plane, data: kernels.bytes };
  copyRows(rows, { data, at: 0, stride }, stride, rect.height);
  const mark = kernels.mark();
  kernels.bytes.fill(AROUND, mark);
  const parts = packBits(kernels, source.plane, 40 * data.length + 100);
  const body = Buffer.concat(parts!);
  kernels.release(mark);
  kernels.bytes.fill(AROUND, mark);
  unpackBits(kernels, body, target.plane);
  const back = new Uint8Array(data.length);
  copyRows({ data: back, at: 0, stride }, { ...target.plane, data: kernels.bytes }, stride, rect.height);
  return { body, back, untouched: source.untouched() && target.untouched() };
}

function right(raster: Raster): boolean {
  const { body, back, untouched } = bitsAndBack(raster);
  const same = Buffer.compare(body, blocksOf(raster)) === 0 && Buffer.compare(back, raster.data) === 0;
  return same && untouched;
}

/** Numbers of at most `width` bits, the extremes among them: every width, and low and high bytes that borrow. */
function ofWidth(size: Size, format: PixelFormat, width: number, seed: number): Raster {
  const raster = createRaster({ x: 0, y: 0, ...size }, format);
  const samples = format.depth === 8 ? raster.data : new Uint16Array(raster.data.buffer);
  let state = seed;
  const pick = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const range = 2 ** width;
    const number = (state >>> 28) & 3 ? (state >>> 8) % range : state & 1 ? range - 1 : 0;
    return number - (range >> 1);
  };
  const row = size.width * format.channels;
  for (let i = 0; i < samples.length; i++) samples[i] = pick() + (i < row ? 0 : samples[i - row]!);
  return raster;
}

describe("the blocks of a payload", () => {
  for (const format of FORMATS) {
    test(`are as described and give back the pixels, every size up to 36 × 6 of ${named(format)}`, () => {
      const bad: Size[] = [];
      for (let width = 1; width <= 36; width++)
        for (let height = 1; height <= 6; height++)
          if (!right(noise({ width, height }, format, width * height))) bad.push({ width, height });
      expect(bad).toEqual([]);
    });

    test(`are as described for numbers of every width of ${named(format)}`, () => {
      const bad: number[] = [];
      for (let width = 0; width <= format.depth; width++)
        for (let seed = 1; seed <= 4; seed++)
          if (!right(ofWidth({ width: 50, height: 9 }, format, width, seed))) bad.push(width);
      expect(bad).toEqual([]);
      expect(right(pixels({ width: 77, height: 30 }, format, 1))).toBe(true);
    });
  }

  test("write no byte beside the plane, whatever they hold", () => {
    const size = fc.record({
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 5 }),
    });
    const widths = fc.infiniteStream(fc.nat(8));
    fc.assert(
      fc.property(size, anyFormat, widths, fc.integer(), (size, format, stream, seed) => {
        kernels.reset();
        const { plane, untouched } = surrounded(size, format);
        const count = Math.ceil(size.width / 16) * size.height * bytesPerPixel(format);
        const all = [...stream.take(count)];
        const pairs = Array.from(
          { length: (count + 1) >> 1 },
          (_, i) => all[2 * i]! + 16 * (all[2 * i + 1] ?? 0),
        );
        const bytes = 2 * all.reduce((sum, width) => sum + width, 0);
        const { data } = noise({ width: bytes + 1, height: 1 }, { channels: 1, depth: 8 }, seed);
        unpackBits(kernels, Uint8Array.from([...pairs, ...data.subarray(0, bytes)]), plane);
        return untouched();
      }),
    );
  });

  test("are given up where there would be as many bytes as may be, or more", () => {
    const format = FORMATS[2]!;
    const raster = noise({ width: 100, height: 50 }, format, 5);
    const { length } = blocksOf(raster);
    for (const [bytesMax, given] of [
      [length + 1, true],
      [length, false],
      [length >> 1, false],
      [1, false],
    ] as const) {
      kernels.reset();
      const { plane } = surrounded(raster.rect, format);
      const rows = { ...plane, data: kernels.bytes };
      copyRows(rows, { ...raster, at: 0 }, raster.stride, raster.rect.height);
      expect(packBits(kernels, plane, bytesMax) !== undefined).toBe(given);
    }
  });

  test("go no further than the row that passes the limit", () => {
    kernels.reset();
    const format = FORMATS[2]!;
    const raster = noise({ width: 100, height: 50 }, format, 5);
    const { plane } = surrounded(raster.rect, format);
    copyRows({ ...plane, data: kernels.bytes }, { ...raster, at: 0 }, raster.stride, raster.rect.height);
    const row = 7 * 3 * 16;
    const widths = kernels.alloc(7 * 3 * 50);
    const blocks = kernels.alloc(16 * 7 * 3 * 50);
    const scratch = kernels.alloc(4096);
    kernels.bytes.fill(AROUND, blocks, scratch);
    const limit = blocks + 1000;
    const end = kernels.call.toBits8x3(plane.at, plane.stride, 100, 50, widths, blocks, limit, scratch);
    expect(end).toBeGreaterThanOrEqual(limit);
    expect(end).toBeLessThanOrEqual(limit + row);
    expect(kernels.bytes.subarray(end + 16, scratch).every((byte) => byte === AROUND)).toBe(true);
  });
});
