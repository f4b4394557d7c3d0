import { expect, test } from "bun:test";
import fc from "fast-check";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { encodePayload } from "../../shared/payload/payload.ts";
import { createRaster } from "../../shared/raster.ts";
import { anyFormat, pixels } from "../ops/arbitrary.ts";
import { blocksOf, planesOf } from "./naive.ts";

const kernels = loadKernels();

const size = fc.record({ width: fc.integer({ min: 1, max: 70 }), height: fc.integer({ min: 1, max: 30 }) });

for (const coding of ["fast", "small"] as const)
  test(`a payload holds what its description says, coding ${coding}`, () => {
    let fewer = 0;
    fc.assert(
      fc.property(size, anyFormat, fc.integer(), ({ width, height }, format, seed) => {
        const raster = pixels({ width, height }, format, seed);
        const payload = encodePayload(kernels, raster, { coding });
        const header = new DataView(payload.buffer);
        const fields = [header.getUint8(0), header.getUint8(2), header.getUint8(3)];
        expect(fields).toEqual([1, format.channels, format.depth]);
        expect([header.getUint32(4, true), header.getUint32(8, true)]).toEqual([width, height]);
        const body = payload.subarray(12);
        if (header.getUint8(1) === 0) return Bun.deepEquals(body, new Uint8Array(raster.data));
        fewer++;
        expect(header.getUint8(1)).toBe(coding === "small" ? 1 : 2);
        if (coding === "fast") return Buffer.compare(body, blocksOf(raster)) === 0;
        const frame = new Uint8Array(body);
        return Bun.deepEquals(new Uint8Array(Bun.zstdDecompressSync(frame)), planesOf(raster));
      }),
      { numRuns: 300 },
    );
    expect(fewer).toBeGreaterThan(10);
  });

test("pixels that compress to no less are kept as they are", () => {
  const raster = createRaster({ x: 0, y: 0, width: 2, height: 2 }, { channels: 3, depth: 8 });
  raster.data.set([10, 20, 30, 11, 21, 31, 9, 19, 29, 255, 0, 1]);
  const expected = [1, 0, 3, 8, 2, 0, 0, 0, 2, 0, 0, 0, ...raster.data];
  expect([...encodePayload(kernels, raster)]).toEqual(expected);
  expect([...encodePayload(kernels, raster, { coding: "small" })]).toEqual(expected);
});
