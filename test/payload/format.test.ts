import { expect, test } from "bun:test";
import fc from "fast-check";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { encodePayload } from "../../shared/payload/payload.ts";
import { createRaster, type Raster } from "../../shared/raster.ts";
import { anyFormat, pixels } from "../ops/arbitrary.ts";

const kernels = loadKernels();

/** The planes of version 1 as its description says, a sample at a time: processes of unlike builds share them. */
function planesOf({ rect: { width, height }, format: { channels, depth }, data }: Raster): Uint8Array {
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

test("a payload holds what its description says", () => {
  const size = fc.record({ width: fc.integer({ min: 1, max: 50 }), height: fc.integer({ min: 1, max: 20 }) });
  let framed = 0;
  fc.assert(
    fc.property(size, anyFormat, fc.integer(), ({ width, height }, format, seed) => {
      const raster = pixels({ width, height }, format, seed);
      const payload = encodePayload(kernels, raster);
      const header = new DataView(payload.buffer);
      const fields = [header.getUint8(0), header.getUint8(2), header.getUint8(3)];
      expect(fields).toEqual([1, format.channels, format.depth]);
      expect([header.getUint32(4, true), header.getUint32(8, true)]).toEqual([width, height]);
      const body = payload.subarray(12);
      if (header.getUint8(1) === 0) return Bun.deepEquals(body, new Uint8Array(raster.data));
      framed++;
      return Bun.deepEquals(new Uint8Array(Bun.zstdDecompressSync(body)), planesOf(raster));
    }),
  );
  expect(framed).toBeGreaterThan(10);
});

test("pixels that compress to no less are kept as they are", () => {
  const raster = createRaster({ x: 0, y: 0, width: 2, height: 2 }, { channels: 3, depth: 8 });
  raster.data.set([10, 20, 30, 11, 21, 31, 9, 19, 29, 255, 0, 1]);
  const expected = [1, 0, 3, 8, 2, 0, 0, 0, 2, 0, 0, 0, ...raster.data];
  expect([...encodePayload(kernels, raster)]).toEqual(expected);
});
