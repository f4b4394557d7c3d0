import { describe, expect, test } from "bun:test";
import sharp, { type Sharp } from "sharp";
import type { Channels } from "../../shared/geometry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import type { Raster } from "../../shared/raster.ts";
import { pixels } from "./arbitrary.ts";
import { whole } from "./tiled_equals_whole.ts";

// The whole-image reference of the tests for P1 is our own code. Here it is held against libvips, which shares
// nothing with it. Largest and mean difference are in 8-bit levels.

const SIZE = { width: 301, height: 257 };
/** Noise, steps and waves: the hardest there is. */
const hard = pixels(SIZE, { channels: 3, depth: 8 }, 42);
/** The same with details as soft as a lens gives them. */
const soft = whole(parsePipeline("blur(sigma=1.5)"), hard);

const load = (image: Raster) =>
  sharp(image.data, { raw: { ...SIZE, channels: image.format.channels as Exclude<Channels, 1> } });

interface Difference {
  readonly largest: number;
  readonly mean: number;
}

function difference(ours: ArrayLike<number>, theirs: ArrayLike<number>): Difference {
  expect(theirs.length).toBe(ours.length);
  let [largest, sum] = [0, 0];
  for (let i = 0; i < ours.length; i++) {
    const apart = Math.abs(ours[i]! - theirs[i]!);
    largest = Math.max(largest, apart);
    sum += apart;
  }
  return { largest, mean: sum / ours.length };
}

async function compare(pipeline: string, image: Raster, theirs: Sharp): Promise<Difference> {
  return difference(whole(parsePipeline(pipeline), image).data, await theirs.raw().toBuffer());
}

describe("against libvips", () => {
  // libvips drops the fraction where we round, so half of the samples are one apart; ours are within 0.53 of exact.
  test.each([0.8, 2, 5])("blur(sigma=%d) differs by 1 at most", async (sigma) => {
    const theirs = load(hard).blur({ sigma, precision: "float", minAmplitude: 0.01 });
    const { largest, mean } = await compare(`blur(sigma=${sigma})`, hard, theirs);
    expect(largest).toBeLessThanOrEqual(1);
    expect(mean).toBeLessThan(0.6);
  });

  test("sharpen is the same, the picture's edge included", async () => {
    const kernel = { width: 3, height: 3, scale: 1, kernel: [-1, -1, -1, -1, 9, -1, -1, -1, -1] };
    expect(await compare("sharpen", hard, load(hard).convolve(kernel))).toEqual({ largest: 0, mean: 0 });
  });

  test.each([1, 2, 3])("median(radius=%d) is the same, the picture's edge included", async (radius) => {
    const theirs = load(hard).median(2 * radius + 1);
    expect(await compare(`median(radius=${radius})`, hard, theirs)).toEqual({ largest: 0, mean: 0 });
  });

  // Sobel's sums by libvips on our luma, at 16 bits, where a sum that does not fit 0 … 255 is not cut; below 0 it is, so
  // each kernel goes in with both signs. The root of the squares is rounded here.
  test("edge_detection is the same, the picture's edge included", async () => {
    const luma = Uint16Array.from(whole(parsePipeline("grayscale"), hard).data);
    const positive = async (kernel: number[]) => {
      const input = sharp(luma, { raw: { ...SIZE, channels: 1 } }).toColourspace("grey16");
      const bytes = await input
        .convolve({ width: 3, height: 3, kernel, scale: 1 })
        .raw({ depth: "ushort" })
        .toBuffer();
      return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    };
    const gradient = async (kernel: number[]) => {
      const below = await positive(kernel.map((weight) => -weight));
      return Float64Array.from(await positive(kernel), (above, i) => above - below[i]!);
    };
    const across = await gradient([-1, 0, 1, -2, 0, 2, -1, 0, 1]);
    const down = await gradient([-1, -2, -1, 0, 0, 0, 1, 2, 1]);
    const theirs = across.map((gx, i) => Math.min(255, Math.round(Math.hypot(gx, down[i]!))));
    expect(difference(whole(parsePipeline("edge_detection"), hard).data, theirs)).toEqual({
      largest: 0,
      mean: 0,
    });
  });
});

describe("resize against libvips", () => {
  const shrink = (image: Raster, width: number, height: number, kernel: "lanczos3" | "cubic" | "nearest") =>
    compare(
      `resize(width=${width}, height=${height}, kernel=${kernel === "cubic" ? "bicubic" : kernel})`,
      image,
      load(image).resize(width, height, { kernel, fit: "fill" }),
    );

  // libvips takes each filter at one of 64 positions between two pixels and rounds between its two passes: on details
  // as soft as a photograph's that is one or two levels, on noise up to 25, and less than one on average.
  test.each([
    [150, 128],
    [200, 171],
    [100, 85],
  ])("down to %d × %d: within 2 on soft details, within 25 on noise", async (width, height) => {
    for (const kernel of ["lanczos3", "cubic"] as const) {
      const softly = await shrink(soft, width, height, kernel);
      expect(softly.largest).toBeLessThanOrEqual(2);
      expect(softly.mean).toBeLessThan(0.4);
      const hardly = await shrink(hard, width, height, kernel);
      expect(hardly.largest).toBeLessThanOrEqual(25);
      expect(hardly.mean).toBeLessThan(1);
    }
  });

  // Beyond a factor of 4 libvips first takes means of blocks and only then its filter; ours is the filter alone.
  test("down to a fifth: 12 at most, 2 on average", async () => {
    const { largest, mean } = await shrink(soft, 60, 51, "lanczos3");
    expect(largest).toBeLessThanOrEqual(12);
    expect(mean).toBeLessThan(2);
  });

  test.each([
    [150, 128],
    [602, 514],
  ])("nearest to %d × %d is the same", async (width, height) => {
    expect(await shrink(hard, width, height, "nearest")).toEqual({ largest: 0, mean: 0 });
  });

  // sharp's own resize puts the corners of enlarged pixels on each other, so its affine is taken, shifted to where the
  // centres meet; it has no rule for the edge, hence the inner part only.
  test("bicubic, twice as large: within 1 inside", async () => {
    const interpolator = "bicubic";
    const up = load(hard).affine([2, 0, 0, 2], { interpolator, idx: 0.25, idy: 0.25 });
    const inner = { left: 8, top: 8, width: 580, height: 490 };
    const theirs = await sharp(await up.png().toBuffer())
      .extract(inner)
      .raw()
      .toBuffer();
    const ours = `resize(scale=2, kernel=bicubic) | crop(x=8, y=8, width=580, height=490)`;
    const { largest, mean } = difference(whole(parsePipeline(ours), hard).data, theirs);
    expect(largest).toBeLessThanOrEqual(1);
    expect(mean).toBeLessThan(0.3);
  });
});
