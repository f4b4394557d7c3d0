import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bytesPerPixel } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import {
  type Coding,
  decodeInto,
  decodePayload,
  decodeToPlane,
  encodePayload,
  encodePlane,
  payloadBytesMax,
} from "../../shared/payload/payload.ts";
import { copyRows, createRaster, type Raster, viewOf } from "../../shared/raster.ts";
import { anyFormat, pixels } from "../ops/arbitrary.ts";
import { FORMATS, named, noise } from "./naive.ts";

const kernels = loadKernels();

/** The rows of `raster` one after the other. */
function packed({ rect, format, data, stride }: Raster): Uint8Array {
  const row = rect.width * bytesPerPixel(format);
  const out = new Uint8Array(row * rect.height);
  for (let y = 0; y < rect.height; y++) out.set(data.subarray(y * stride, y * stride + row), y * row);
  return out;
}

const CODINGS: readonly Coding[] = ["fast", "small"];

/** Encoded and decoded in memory that holds something else before, around and after. */
const comesBack = (raster: Raster): boolean => CODINGS.every((coding) => comesBackBy(coding, raster));

function comesBackBy(coding: Coding, raster: Raster): boolean {
  kernels.reset();
  const guard = kernels.alloc(64);
  kernels.bytes.fill(0xa5, guard);
  const mark = kernels.mark();
  const payload = encodePayload(kernels, raster, { coding });
  kernels.bytes.fill(0x5a, mark);
  const back = decodePayload(kernels, payload, raster.rect, raster.format);
  const untouched =
    kernels.mark() === mark && kernels.bytes.subarray(guard, guard + 64).every((b) => b === 0xa5);
  return untouched && Buffer.compare(packed(raster), back.data) === 0 && sameWhere(back, raster);
}

const sameWhere = (a: Raster, b: Raster): boolean =>
  Bun.deepEquals(a.rect, b.rect) &&
  Bun.deepEquals(a.format, b.format) &&
  a.stride === a.rect.width * bytesPerPixel(a.format);

const anySize = fc.record({
  width: fc.integer({ min: 1, max: 140 }),
  height: fc.integer({ min: 1, max: 40 }),
});

describe("a payload", () => {
  test("gives back every pixel, whatever the size, format and picture", () => {
    fc.assert(
      fc.property(anySize, anyFormat, fc.integer(), fc.boolean(), (size, format, seed, smooth) =>
        comesBack((smooth ? pixels : noise)(size, format, seed)),
      ),
      { numRuns: 400 },
    );
  });

  for (const format of FORMATS) {
    test(`gives back a tile of 512², lines of 5000 and the extremes of ${named(format)}`, () => {
      expect(comesBack(pixels({ width: 512, height: 512 }, format, 1))).toBe(true);
      expect(comesBack(pixels({ width: 5000, height: 1 }, format, 2))).toBe(true);
      expect(comesBack(pixels({ width: 1, height: 5000 }, format, 3))).toBe(true);
      const extremes = noise({ width: 67, height: 33 }, format, 4);
      for (let i = 0; i < extremes.data.length; i++) extremes.data[i] = extremes.data[i]! & 1 ? 255 : 0;
      expect(comesBack(extremes)).toBe(true);
    });
  }

  test("takes a view on a larger raster, also in memory that threads share", () => {
    const view = fc.tuple(
      fc.nat(20),
      fc.nat(20),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 20 }),
    );
    fc.assert(
      fc.property(
        view,
        anyFormat,
        fc.integer(),
        fc.boolean(),
        ([x, y, width, height], format, seed, shared) => {
          const picture = pixels({ width: 80, height: 40 }, format, seed);
          const outer = createRaster({ x: 1000, y: 2000, width: 80, height: 40 }, format, shared);
          outer.data.set(picture.data);
          return comesBack(viewOf(outer, { x: 1000 + x, y: 2000 + y, width, height }));
        },
      ),
    );
  });

  test("is encoded and decoded into targets, in memory that threads share, too", () => {
    const raster = pixels({ width: 50, height: 20 }, { channels: 3, depth: 8 }, 7);
    const max = payloadBytesMax(raster.rect, raster.format);
    for (const coding of CODINGS) {
      const payload = encodePayload(kernels, raster, { coding });
      const shared = new Uint8Array(new SharedArrayBuffer(max + 5)).subarray(5);
      const written = encodePayload(kernels, raster, { coding, target: shared });
      expect(written.buffer).toBe(shared.buffer);
      expect(Buffer.compare(written, payload)).toBe(0);
      const target = new Uint8Array(new SharedArrayBuffer(raster.data.length + 100)).fill(9);
      const back = decodePayload(kernels, written, raster.rect, raster.format, target);
      expect(back.data.buffer).toBe(target.buffer);
      expect(back.data).toEqual(new Uint8Array(raster.data));
      expect(target.subarray(raster.data.length).every((byte) => byte === 9)).toBe(true);
    }
  });

  test("is decoded into a part of a larger raster, and touches nothing beside it", () => {
    for (const format of FORMATS)
      for (const make of [pixels, noise])
        for (const coding of CODINGS) {
          const raster = {
            ...make({ width: 37, height: 11 }, format, 3),
            rect: { x: 9, y: 4, width: 37, height: 11 },
          };
          const payload = encodePayload(kernels, raster, { coding });
          const whole = createRaster({ x: 0, y: 0, width: 60, height: 20 }, format);
          whole.data.fill(0x77);
          const expected = createRaster(whole.rect, format);
          expected.data.fill(0x77);
          const bytes = 37 * bytesPerPixel(format);
          const place = { ...viewOf(expected, raster.rect), at: 0 };
          copyRows(place, { ...raster, at: 0 }, bytes, 11);
          decodeInto(kernels, payload, viewOf(whole, raster.rect));
          expect(Buffer.compare(whole.data, expected.data)).toBe(0);
        }
  });

  test("is the same by way of planes in the kernels' memory", () => {
    for (const format of FORMATS)
      for (const make of [pixels, noise])
        for (const coding of CODINGS) {
          const raster = make({ width: 37, height: 11 }, format, 3);
          const payload = encodePayload(kernels, raster, { coding });
          kernels.reset();
          const stride = raster.stride + 40;
          const plane = { rect: raster.rect, format, stride, at: kernels.alloc(stride * 11) };
          const mark = kernels.mark();
          decodeToPlane(kernels, payload, plane);
          const again = encodePlane(kernels, plane, { coding });
          expect(kernels.mark()).toBe(mark);
          expect(Buffer.compare(again, payload)).toBe(0);
          const target = new Uint8Array(payloadBytesMax(raster.rect, format));
          expect(Buffer.compare(encodePlane(kernels, plane, { coding, target }), payload)).toBe(0);
        }
  });

  test("is the same bytes for the same pixels, whatever was in memory", () => {
    for (const format of FORMATS)
      for (const coding of CODINGS) {
        const raster = pixels({ width: 45, height: 23 }, format, 5);
        kernels.reset();
        kernels.bytes.fill(0xff, kernels.mark());
        const first = encodePayload(kernels, raster, { coding });
        expect(encodePayload(loadKernels(), raster, { coding })).toEqual(first);
        const wide = createRaster({ x: 0, y: 0, width: 90, height: 23 }, format);
        wide.data.fill(0x77);
        const place = viewOf(wide, raster.rect);
        for (let y = 0; y < 23; y++)
          place.data.set(raster.data.subarray(y * raster.stride, (y + 1) * raster.stride), y * wide.stride);
        expect(encodePayload(kernels, place, { coding })).toEqual(first);
      }
  });

  test("is never more than 12 bytes longer than its pixels, and short for a smooth picture", () => {
    const bytesOf = (raster: Raster, coding: Coding) => encodePayload(kernels, raster, { coding }).length;
    for (const format of FORMATS) {
      const hard = noise({ width: 64, height: 64 }, format, 11);
      for (const coding of CODINGS)
        expect(bytesOf(hard, coding)).toBeLessThanOrEqual(payloadBytesMax(hard.rect, format));
      expect(payloadBytesMax(hard.rect, format)).toBe(hard.data.length + 12);
      const flat = createRaster({ x: 0, y: 0, width: 512, height: 512 }, format);
      expect(bytesOf(flat, "fast")).toBe(flat.data.length / 32 + 12);
      expect(bytesOf(flat, "small")).toBeLessThan(500);
    }
    const ramp = createRaster({ x: 0, y: 0, width: 256, height: 256 }, { channels: 1, depth: 16 });
    const samples = new Uint16Array(ramp.data.buffer);
    for (let i = 0; i < samples.length; i++) samples[i] = (i & 255) * 190 + (i >> 8) * 61;
    expect(bytesOf(ramp, "fast")).toBeLessThan(ramp.data.length / 2);
    expect(bytesOf(ramp, "small")).toBeLessThan(2000);
  });
});
