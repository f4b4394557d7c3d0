import { describe, expect, test } from "bun:test";
import { type Channels, type Depth, sampleMax, wholeOf } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { divider } from "../../shared/ops/box_blur.ts";
import { compileChain, runChain, unload } from "../../shared/ops/chain.ts";
import { reliefFrom } from "../../shared/ops/emboss.ts";
import type { Step } from "../../shared/ops/op.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { createRaster } from "../../shared/raster.ts";
import { direct } from "./direct.ts";
import type { Image } from "./naive.ts";
import * as naive from "./naive.ts";

const step = (text: string): Step => parsePipeline(text)[0]!;

/** What the kernels meet: alpha always at 16 bits. */
const FORMATS: readonly [Channels, Depth][] = [
  [1, 8],
  [3, 8],
  [1, 16],
  [2, 16],
  [3, 16],
  [4, 16],
];
/** One pixel, less than a vector, around one vector's width, several. */
const SIZES = [
  [1, 1],
  [2, 3],
  [5, 7],
  [17, 5],
  [43, 19],
] as const;

/** Noise, gradients, and areas of nothing and full, so that results saturate on both sides. */
function picture(width: number, height: number, channels: Channels, depth: Depth): Image {
  let state = width * 31 + height * 7 + channels;
  const max = sampleMax(depth);
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const data = Array.from({ length: width * height * channels }, (_, i) => {
    const kind = Math.floor(i / (7 * channels)) % 4;
    if (kind < 2) return random() < 0.5 ? 0 : max;
    return Math.floor(kind === 2 ? random() * (max + 1) : (i * max) / (width * height * channels));
  });
  return { width, height, channels, depth, data };
}

function everywhere(compare: (image: Image) => void): void {
  for (const [channels, depth] of FORMATS)
    for (const [width, height] of SIZES) compare(picture(width, height, channels, depth));
}

/** The kernels' answer is the plain implementation's, sample for sample, in every format and size. */
const same = (text: string, plain: (image: Image) => number[]) =>
  test(`${text.length > 60 ? `${text.slice(0, 57)}...` : text} equals the plain implementation`, () =>
    everywhere((image) => expect(direct(step(text), image)).toEqual(plain(image))));

const kernel =
  (weights: readonly number[], divisor = 1, offset = 0) =>
  (image: Image) =>
    naive.convolve(image, { weights, divisor, offset });

const EIGHT = [-1, -1, -1, -1, 8, -1, -1, -1, -1];
const FIVE = Array.from({ length: 25 }, (_, i) => ((i * 7) % 11) - 5);
const SEVEN = Array.from({ length: 49 }, (_, i) => ((i * 5) % 6) - 2);
const FLOATS = Array.from({ length: 25 }, (_, i) => Math.sin(i * 1.7) * 0.4);

describe("convolutions", () => {
  same("sharpen", kernel([-1, -1, -1, -1, 9, -1, -1, -1, -1]));
  same("laplacian", kernel(EIGHT));
  same("laplacian(neighbours=4, offset=128)", kernel([0, -1, 0, -1, 4, -1, 0, -1, 0], 1, 128));
  same("emboss", kernel([1, 1, 0, 1, 0, -1, 0, -1, -1], 1, 128));
  same("emboss(angle=270, strength=10)", kernel([-10, -10, -10, 0, 0, 0, 10, 10, 10], 1, 128));
  same("convolve(kernel=[1,2,1,2,4,2,1,2,1])", kernel([1, 2, 1, 2, 4, 2, 1, 2, 1], 16));
  same(
    "convolve(kernel=[1,2,1,2,4,2,1,2,1], divisor=-3, offset=255)",
    kernel([1, 2, 1, 2, 4, 2, 1, 2, 1], -3, 255),
  );
  same("convolve(kernel=[1,0,0,0,0,0,0,0,0], offset=-7.5)", kernel([1, 0, 0, 0, 0, 0, 0, 0, 0], 1, -7.5));
  same(`convolve(kernel=[${FIVE}], divisor=9, offset=20)`, kernel(FIVE, 9, 20));
  same(`convolve(kernel=[${SEVEN}], divisor=4)`, kernel(SEVEN, 4));
  same(`convolve(kernel=[${FLOATS}], divisor=1.5, offset=12.5)`, kernel(FLOATS, 1.5, 12.5));

  test("whole numbers and floats give the same pixels where both apply", () => {
    // 128 is the most that 16-bit sums bear at 8 bits; 1e-30 makes the same kernel one of floats.
    const whole = [30, -20, 10, 0, 5, -3, 17, 23, -20];
    const nearly = whole.with(3, 1e-30);
    everywhere((image) => {
      const params = { op: "convolve", divisor: 7, offset: 3 };
      expect(direct({ ...params, kernel: whole }, image)).toEqual(
        direct({ ...params, kernel: nearly }, image),
      );
    });
  });

  test("no kernel of whole numbers overflows: the largest sums saturate", () => {
    for (const weight of [128, 129, 1000]) {
      const weights = [weight, 0, 0, 0, 0, 0, 0, 0, 0];
      for (const [sign, wanted] of [
        [1, 255],
        [-1, 0],
      ] as const) {
        const image: Image = { width: 3, height: 1, channels: 1, depth: 8, data: [255, 255, 255] };
        const found = direct(
          { op: "convolve", kernel: weights.map((w) => w * sign), divisor: 1, offset: 0 },
          image,
        );
        expect(found).toEqual([wanted, wanted, wanted]);
      }
    }
  });

  test("by hand: a bright point", () => {
    const image: Image = {
      width: 3,
      height: 3,
      channels: 1,
      depth: 8,
      data: [10, 10, 10, 10, 20, 10, 10, 10, 10],
    };
    expect(direct(step("sharpen"), image)).toEqual([0, 0, 0, 0, 100, 0, 0, 0, 0]);
    expect(direct(step("laplacian"), image)).toEqual([0, 0, 0, 0, 80, 0, 0, 0, 0]);
    expect(direct(step("laplacian(offset=100)"), image)).toEqual([90, 90, 90, 90, 180, 90, 90, 90, 90]);
    expect(direct(step("emboss(angle=0)"), image)).toEqual([138, 128, 118, 138, 128, 118, 138, 128, 118]);
  });

  test("emboss: each 45° turns the ring by one", () => {
    expect(reliefFrom(0, 1)).toEqual([-1, 0, 1, -1, 0, 1, -1, 0, 1]);
    expect(reliefFrom(90, 1)).toEqual([1, 1, 1, 0, 0, 0, -1, -1, -1]);
    expect(reliefFrom(135, 2)).toEqual([2, 2, 0, 2, 0, -2, 0, -2, -2]);
    expect(reliefFrom(180, 1)).toEqual([1, 0, -1, 1, 0, -1, 1, 0, -1]);
  });
});

describe("edge_detection", () => {
  same("edge_detection", naive.edges);

  test("by hand: a step, a corner, and no wrap past white", () => {
    const step8 = (data: number[]): Image => ({ width: 3, height: 3, channels: 1, depth: 8, data });
    const found = direct(step("edge_detection"), step8([0, 0, 10, 0, 0, 10, 0, 0, 10]));
    expect(found).toEqual([0, 40, 40, 0, 40, 40, 0, 40, 40]);
    expect(direct(step("edge_detection"), step8([0, 0, 0, 0, 0, 0, 0, 0, 3]))[4]).toBe(4); // √(9 + 9) = 4.24
    expect(direct(step("edge_detection"), step8([0, 0, 255, 0, 0, 255, 0, 0, 255]))[4]).toBe(255);
  });
});

describe("means", () => {
  for (const radius of [1, 2, 7, 20])
    same(`box_blur(radius=${radius})`, (image) => naive.boxBlur(image, radius));
  for (const size of [1, 2, 5, 16, 256])
    same(`pixelate(size=${size})`, (image) => naive.pixelate(image, size));

  test("box_blur at its largest: sums of white don't overflow, halves can't occur", () => {
    for (const radius of [63, 64, 100])
      for (const depth of [8, 16] as const) {
        const noise = picture(9, 4, 3, depth);
        expect(direct(step(`box_blur(radius=${radius})`), noise)).toEqual(naive.boxBlur(noise, radius));
        const white = { ...noise, data: noise.data && Array.from(noise.data, () => sampleMax(depth)) };
        expect(direct(step(`box_blur(radius=${radius})`), white)).toEqual(white.data);
      }
  });

  test("box_blur rounds right where the mean is next to a half", () => {
    // A square with just less, or just more, than half of its pixels one level up, at the largest values.
    for (const radius of [40, 63, 64, 82, 100])
      for (const level of [127, 200, 253, 254])
        for (const more of [0, 1]) {
          const side = 2 * radius + 1;
          const raised = ((side * side) >> 1) + more;
          const data = Array.from({ length: side * side }, (_, i) => (i < raised ? level + 1 : level));
          const image: Image = { width: side, height: side, channels: 1, depth: 8, data };
          const found = direct(step(`box_blur(radius=${radius})`), image)[(side * side) >> 1];
          expect(found).toBe(level + more);
        }
  });

  test("box_blur at 16 bits divides every sum exactly", () => {
    for (let radius = 1; radius <= 100; radius++) {
      const count = BigInt((2 * radius + 1) ** 2);
      const { multiplier, shift } = divider(Number(count));
      const power = 1n << BigInt(32 + shift);
      expect(multiplier).toBeLessThan(2 ** 32);
      const excess = BigInt(multiplier) * count - power;
      const largest = 65535n * count + count / 2n;
      expect(largest).toBeLessThan(1n << 32n);
      expect(excess >= 0n && largest * excess < power).toBe(true);
    }
  });

  test("by hand", () => {
    const image: Image = { width: 3, height: 1, channels: 1, depth: 8, data: [0, 0, 9] };
    expect(direct(step("box_blur(radius=1)"), image)).toEqual([0, 3, 6]);
    expect(direct(step("pixelate(size=2)"), { ...image, data: [0, 1, 9] })).toEqual([1, 1, 9]);
  });
});

describe("ranks", () => {
  for (const radius of [1, 2, 3]) same(`median(radius=${radius})`, (image) => naive.median(image, radius));
  for (const radius of [1, 2, 3, 4, 11]) {
    same(`erode(radius=${radius})`, (image) => naive.erode(image, radius));
    same(`dilate(radius=${radius})`, (image) => naive.dilate(image, radius));
  }

  test("the median's networks are right for zeros and ones, whatever each column holds", () => {
    // By the 0–1 principle they are then right for all samples. Every column has its own number of ones, so that the
    // least and the greatest rows of the networks are tried too, which plain noise hardly does.
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const width = 60_000;
    for (const radius of [1, 2, 3]) {
      const side = 2 * radius + 1;
      const ones = Array.from({ length: width }, () => random(side + 1));
      const data = Array.from({ length: side * width }, (_, i) =>
        Math.floor(i / width) < ones[i % width]! ? 1 : 0,
      );
      const image: Image = { width, height: side, channels: 1, depth: 8, data };
      const middle = direct(step(`median(radius=${radius})`), image).slice(
        radius * width,
        (radius + 1) * width,
      );
      const wanted = middle.map((v, x) => {
        if (x < radius || x >= width - radius) return v;
        const sum = ones.slice(x - radius, x + radius + 1).reduce((a, n) => a + n);
        return sum > (side * side) >> 1 ? 1 : 0;
      });
      expect(middle).toEqual(wanted);
    }
  });
});

describe("blurs", () => {
  for (const sigma of [0.1, 0.5, 1, 2, 3.3, 5, 9])
    test(`blur(sigma=${sigma}) is within 0.55 of the real Gaussian`, () =>
      everywhere((image) => {
        const real = naive.gaussian(image, sigma);
        const found = direct(step(`blur(sigma=${sigma})`), image);
        const worst = Math.max(...found.map((v, i) => Math.abs(v - real[i]!)));
        expect(worst).toBeLessThan(0.55);
      }));

  for (const [sigma, amount, threshold] of [
    [1, 1, 0],
    [2, 3.7, 12.5],
    [0.5, 0.3, 4],
  ] as const)
    same(`unsharp_mask(sigma=${sigma}, amount=${amount}, threshold=${threshold})`, (image) =>
      naive.unsharp(image, direct(step(`blur(sigma=${sigma})`), image), amount, threshold),
    );

  for (const params of [
    "",
    "(radius=1, sigma_space=0.7, sigma_range=200)",
    "(radius=4, sigma_space=5, sigma_range=8)",
  ])
    test(`bilateral${params} is within 0.51 (16 bit: 3 of 65535) of the real-valued one`, () =>
      everywhere((image) => {
        const wanted = naive.bilateral(image, step(`bilateral${params}`) as unknown as naive.Bilateral);
        const found = direct(step(`bilateral${params}`), image);
        const worst = Math.max(...found.map((v, i) => Math.abs(v - wanted[i]!)));
        expect(worst).toBeLessThan(image.depth === 8 ? 0.51 : 3);
      }));
});

describe("alpha", () => {
  const kernels = loadKernels();
  /** The colour channels of the op's result through a whole chain. */
  function through(text: string, image: Image): number[][] {
    const { channels, depth } = image;
    const raster = createRaster(wholeOf(image), { channels, depth });
    (depth === 8 ? raster.data : new Uint16Array(raster.data.buffer)).set(Array.from(image.data));
    const chain = compileChain(parsePipeline(text), { ...image });
    const result = createRaster(wholeOf(chain.output), chain.output);
    unload(kernels, runChain(kernels, chain, wholeOf(chain.output), raster), result);
    const samples = depth === 8 ? result.data : new Uint16Array(result.data.buffer);
    const each = chain.output.channels;
    return Array.from({ length: image.width * image.height }, (_, i) =>
      Array.from(samples.slice(i * each, (i + 1) * each)),
    );
  }
  const withAlpha = (image: Image, alpha: (pixel: number) => number): Image => {
    const channels = (image.channels + 1) as Channels;
    const data = Array.from({ length: image.width * image.height }, (_, i) => [
      ...Array.from(image.data).slice(i * image.channels, (i + 1) * image.channels),
      alpha(i),
    ]);
    return { ...image, channels, data: data.flat() };
  };
  const OPS = [
    "sharpen",
    "edge_detection",
    "box_blur",
    "unsharp_mask",
    "emboss",
    "laplacian(offset=128)",
    "convolve",
  ];
  const MORE = ["median", "erode", "dilate", "bilateral", "pixelate", "blur(sigma=2)"];

  for (const op of [...OPS, ...MORE])
    test(`${op}: an opaque image comes out as without alpha, within one level`, () => {
      for (const channels of [1, 3] as const)
        for (const depth of [8, 16] as const) {
          const image = picture(29, 13, channels, depth);
          const plain = through(op, image);
          const opaque = through(
            op,
            withAlpha(image, () => sampleMax(depth)),
          );
          // Through 16 bits, what an op rounds on its way is rounded finer: the blur of the mask, the luma of the edges
          // (eight of them half a level apart, in two directions).
          const tolerance = op.startsWith("unsharp") ? 2 : op === "edge_detection" && channels === 3 ? 6 : 1;
          opaque.forEach((pixel, i) => {
            expect(pixel.at(-1)).toBe(sampleMax(depth));
            const apart = plain[i]!.map((v, c) => Math.abs(v - pixel[c]!));
            expect(Math.max(...apart)).toBeLessThanOrEqual(tolerance);
          });
        }
    });

  test("what is transparent does not bleed, and the offset stays with its pixel's alpha", () => {
    const flat: Image = { width: 9, height: 9, channels: 1, depth: 8, data: new Array(81).fill(100) };
    const holes = withAlpha(flat, (i) => (i % 3 === 0 ? 0 : 128));
    const bled = { ...holes, data: Array.from(holes.data).map((v, i) => (i % 6 === 0 ? 255 : v)) };
    for (const op of [...OPS, ...MORE]) expect([op, through(op, bled)]).toEqual([op, through(op, holes)]);
    const half = withAlpha(flat, () => 128);
    for (const [gray] of through("emboss", half)) expect(Math.abs(gray! - 128)).toBeLessThanOrEqual(1);
  });
});
