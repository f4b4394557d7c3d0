import { describe, expect, test } from "bun:test";
import type { Size } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import type { Raster } from "../../shared/raster.ts";
import { FORMATS, named, noise, planesOf } from "./naive.ts";

const kernels = loadKernels();
const AROUND = 0xa5;

/** What `run` writes to `bytes` bytes of a memory full of something else; `spare` bytes after them are its own. */
function written(bytes: number, spare: number, run: (at: number) => void): Uint8Array {
  const at = kernels.alloc(bytes + 192) + 64;
  kernels.bytes.fill(AROUND, at - 64, at + bytes + 128);
  run(at);
  const untouched = (from: number, to: number) =>
    kernels.bytes.subarray(from, to).every((byte) => byte === AROUND);
  if (!untouched(at - 64, at) || !untouched(at + bytes + spare, at + bytes + 128))
    throw new Error("wrote too far");
  return kernels.bytes.slice(at, at + bytes);
}

/** Not by way of a payload: pixels that do not compress are kept as they are, and small ones seldom do. */
function planesAndBack({ rect: { width, height }, format, data, stride }: Raster) {
  const { toPlanes8, toPlanes16, fromPlanes8, fromPlanes16 } = kernels.call;
  const [split, join] = format.depth === 8 ? [toPlanes8, fromPlanes8] : [toPlanes16, fromPlanes16];
  kernels.reset();
  const source = kernels.alloc(data.length);
  const linesBytes = 5 * (width * 4 * (format.depth >> 3) + 144);
  const lines = kernels.alloc(linesBytes);
  kernels.bytes.set(data, source);
  const dirty = () => kernels.bytes.fill(AROUND, lines, lines + linesBytes + 64);
  let planesAt = 0;
  dirty();
  const planes = written(data.length, 0, (at) => {
    planesAt = at;
    split(source, stride, width, height, format.channels, at, lines);
  });
  dirty();
  const back = written(data.length, 15, (at) => {
    join(planesAt, at, stride, width, height, format.channels, lines);
  });
  dirty();
  return { planes, back };
}

describe("the planes of a payload", () => {
  for (const format of FORMATS) {
    test(`are as defined and give back the pixels, every size up to 36 × 9 of ${named(format)}`, () => {
      const bad: Size[] = [];
      for (let width = 1; width <= 36; width++)
        for (let height = 1; height <= 9; height++) {
          const raster = noise({ width, height }, format, width * height);
          const { planes, back } = planesAndBack(raster);
          const right = Buffer.compare(planes, planesOf(raster)) === 0;
          if (!right || Buffer.compare(back, raster.data) !== 0) bad.push({ width, height });
        }
      expect(bad).toEqual([]);
    });
  }
});
