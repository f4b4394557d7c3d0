import { describe, expect, test } from "bun:test";
import { enlarged, reduce, reduced, reducedShape } from "../../master/preview/reduce.ts";
import { bytesPerPixel, type Channels, type Depth, type Shape, wholeOf } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { createRaster, type Raster } from "../../shared/raster.ts";
import { pictureRaster, spec } from "../engine/harness.ts";

const kernels = loadKernels();
const at = ({ data, stride, format }: Raster, x: number, y: number, c: number): number => {
  const from = y * stride + x * bytesPerPixel(format) + c * (format.depth >> 3);
  return format.depth === 8 ? data[from]! : data[from]! | (data[from + 1]! << 8);
};

/** The mean over a square, colour by its alpha; by the definition alone. */
function mean(source: Raster, shape: Shape, shift: number, x: number, y: number, c: number): number {
  const side = 2 ** shift;
  const { channels } = source.format;
  const alpha = channels === 2 || channels === 4;
  let [sum, weights, count] = [0, 0, 0];
  for (let row = y * side; row < Math.min((y + 1) * side, shape.height); row++)
    for (let column = x * side; column < Math.min((x + 1) * side, shape.width); column++) {
      const weight = alpha ? at(source, column, row, channels - 1) : 1;
      const isAlpha = alpha && c === channels - 1;
      sum += isAlpha ? weight : weight * at(source, column, row, c);
      weights += weight;
      count++;
    }
  const isAlpha = alpha && c === channels - 1;
  return Math.floor((isAlpha ? sum / count : weights === 0 ? 0 : sum / weights) + 0.5);
}

describe("a reduction", () => {
  const formats = ([1, 2, 3, 4] as Channels[]).flatMap((channels) =>
    ([8, 16] as Depth[]).map((depth) => [channels, depth] as const),
  );
  test.each(formats)(
    "of %p channels at %p bits is the mean over squares, also at the edges",
    (channels, depth) => {
      const of = spec(37, 29, channels, depth);
      const shape: Shape = { width: 37, height: 29, channels, depth };
      const source = pictureRaster(of);
      for (const shift of [1, 2, 3, 6]) {
        const small = reducedShape(shape, shift);
        const target = createRaster(wholeOf(small), shape);
        reduce(kernels, target, source, shift);
        for (let y = 0; y < small.height; y++)
          for (let x = 0; x < small.width; x++)
            for (let c = 0; c < channels; c++)
              expect(at(target, x, y, c)).toBe(mean(source, shape, shift, x, y, c));
      }
    },
  );

  test("knows what it is made of, and where that went", () => {
    const shape: Shape = { width: 101, height: 50, channels: 3, depth: 8 };
    expect(reducedShape(shape, 2)).toMatchObject({ width: 26, height: 13 });
    expect(enlarged({ x: 24, y: 12, width: 2, height: 1 }, 2, shape)).toEqual({
      ...{ x: 96, y: 48, width: 5, height: 2 },
    });
    expect(reduced({ x: 3, y: 4, width: 2, height: 4 }, 2)).toEqual({ x: 0, y: 1, width: 2, height: 1 });
  });
});
