import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Channels, type Depth, sampleMax } from "../../shared/geometry.ts";
import { firstTap, nearestTap, tapsOf, weightsAt } from "../../shared/ops/resampling.ts";
import { tapTable } from "../../shared/ops/resize_tables.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import type { Raster } from "../../shared/raster.ts";
import { pixels } from "./arbitrary.ts";
import { run, runImage } from "./run.ts";
import { differingBytes, samplesOf, whole } from "./tiled_equals_whole.ts";

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const FILTERS = {
  lanczos3: { support: 3, at: (x: number) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
  bicubic: { support: 2, at: keys },
};

/** Keys' cubic as his paper writes it, a = −1/2. */
function keys(x: number): number {
  const s = Math.abs(x);
  if (s < 1) return 1.5 * s ** 3 - 2.5 * s ** 2 + 1;
  return s < 2 ? -0.5 * s ** 3 + 2.5 * s ** 2 - 4 * s + 2 : 0;
}

/** One direction straight from the definition, in doubles: every sample asked of the edge-repeated line. */
function line(values: readonly number[], to: number, kernel: keyof typeof FILTERS): number[] {
  const { support, at } = FILTERS[kernel];
  const ratio = values.length / to;
  const stretch = Math.max(1, ratio);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * ratio - 0.5;
    let [sum, weights] = [0, 0];
    for (let k = Math.floor(centre - support * stretch); k <= centre + support * stretch + 1; k++) {
      const weight = at((k - centre) / stretch);
      sum += weight * values[Math.min(Math.max(k, 0), values.length - 1)]!;
      weights += weight;
    }
    return sum / weights;
  });
}

/** Columns, then rows, unrounded in between; channel by channel. */
function reference(image: Raster, width: number, height: number, kernel: keyof typeof FILTERS): number[] {
  const { channels, depth } = image.format;
  const samples = samplesOf(image);
  const out = new Array<number>(width * height * channels);
  for (let c = 0; c < channels; c++) {
    const rows = Array.from({ length: image.rect.height }, (_, y) =>
      Array.from({ length: image.rect.width }, (_, x) => samples[(y * image.rect.width + x) * channels + c]!),
    );
    const narrow = rows.map((row) => line(row, width, kernel));
    for (let x = 0; x < width; x++)
      line(
        narrow.map((row) => row[x]!),
        height,
        kernel,
      ).forEach((value, y) => {
        out[(y * width + x) * channels + c] = Math.min(Math.max(value, 0), sampleMax(depth));
      });
  }
  return out;
}

describe("resize against its definition in doubles", () => {
  // 8 bit: weights to 1/32768 and a line to 1/128 add up to less than a fifth of a level before the last rounding.
  // 16 bit: floats of 24 bits over a few hundred taps stay within half a level.
  test.each([
    [8, 0.7],
    [16, 1],
  ] as const)("%d bit: within %d levels", (depth: Depth, tolerance) => {
    for (const channels of [1, 3] as Channels[])
      for (const kernel of ["lanczos3", "bicubic"] as const)
        for (const [width, height] of [
          [40, 31],
          [7, 90],
          [150, 3],
          [1, 1],
          [61, 47],
        ] as const) {
          const image = pixels({ width: 61, height: 47 }, { channels, depth }, 7);
          const ours = whole(parsePipeline([{ op: "resize", width, height, kernel }]), image);
          const exact = reference(image, width, height, kernel);
          samplesOf(ours).forEach((value, i) => {
            expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(tolerance);
          });
        }
  });

  test("hundreds of taps (8 bit turns from integers to floats): within 0.7 levels", () => {
    const image = pixels({ width: 600, height: 5 }, { channels: 3, depth: 8 }, 3);
    for (const width of [12, 13, 15, 2]) {
      const ours = whole(parsePipeline([{ op: "resize", width, height: 2 }]), image);
      const exact = reference(image, width, 2, "lanczos3");
      samplesOf(ours).forEach((value, i) => {
        expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(0.7);
      });
    }
  });
});

describe("what resize keeps", () => {
  test("one colour stays that colour, and its own size changes nothing", () => {
    const flat = Array.from({ length: 50 * 40 }, () => 201);
    for (const size of ["width=3", "width=111", "scale=0.03", "scale=1.37", "width=7, height=300"]) {
      const { samples } = runImage(`resize(${size})`, flat, { width: 50 });
      expect(new Set(samples)).toEqual(new Set([201]));
    }
    const image = pixels({ width: 50, height: 40 }, { channels: 3, depth: 8 }, 5);
    for (const kernel of ["lanczos3", "bicubic", "nearest"])
      expect(samplesOf(whole(parsePipeline(`resize(kernel=${kernel})`), image))).toEqual(samplesOf(image));
  });

  test("a ramp stays straight: pixel centres, not corners, are aligned", () => {
    const ramp = Array.from({ length: 40 }, (_, x) => 20 + 4 * x);
    const twice = run("resize(width=80, height=1, kernel=bicubic)", ramp, { width: 40 });
    // out i lies at (i + ½) / 2 − ½, which is 19 + 2 i
    expect(twice.slice(6, -6)).toEqual(Array.from({ length: 68 }, (_, i) => 19 + 2 * (i + 6)));
    const half = run("resize(width=20, height=1)", ramp, { width: 40 });
    expect(half.slice(4, -4)).toEqual(Array.from({ length: 12 }, (_, i) => 22 + 8 * (i + 4)));
  });

  test("nothing of invisible colour comes through", () => {
    // opaque black beside fully transparent white: what is left of it is black, more or less visible
    const row = Array.from({ length: 32 }, (_, x) => (x < 16 ? [0, 0, 0, 255] : [255, 255, 255, 0])).flat();
    for (const kernel of ["lanczos3", "bicubic"]) {
      const { samples } = runImage(`resize(width=9, height=1, kernel=${kernel})`, row, {
        width: 32,
        channels: 4,
      });
      for (let i = 0; i < samples.length; i += 4) expect(samples.slice(i, i + 3)).toEqual([0, 0, 0]);
    }
  });
});

describe("the size that comes out", () => {
  test.each([
    ["resize(width=50)", 50, 25],
    ["resize(height=100)", 200, 100],
    ["resize(width=30, height=70)", 30, 70],
    ["resize(scale=0.5)", 50, 25],
    ["resize(width=10, scale=3)", 10, 5],
    ["resize", 100, 50],
    ["resize(scale=0.001)", 1, 1],
    ["resize(width=1)", 1, 1],
  ])("%s", (pipeline, width, height) => {
    const flat = Array.from({ length: 100 * 50 }, () => 1);
    expect(runImage(pipeline, flat, { width: 100 })).toMatchObject({ width, height });
  });
});

describe("taps", () => {
  const axis = fc.record({
    filter: fc.constantFrom("lanczos3" as const, "bicubic" as const),
    from: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 })),
    to: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 })),
  });

  test("lie inside the image, never go back, and their weights sum to 1", () => {
    fc.assert(
      fc.property(axis, fc.nat(), (drawn, nat) => {
        const at = nat % drawn.to;
        const first = firstTap(drawn, at);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first + tapsOf(drawn)).toBeLessThanOrEqual(drawn.from);
        if (at > 0) expect(firstTap(drawn, at - 1)).toBeLessThanOrEqual(first);
        const weights = new Float64Array(tapsOf(drawn));
        weightsAt(drawn, at, weights);
        expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12);
        const nearest = nearestTap(drawn, at);
        expect(Math.abs(nearest - ((at + 0.5) * drawn.from) / drawn.to + 0.5)).toBeLessThanOrEqual(
          0.5 + 1e-9,
        );
      }),
    );
  });

  test("as integers they sum to 1 exactly, so that no even area changes its level", () => {
    fc.assert(
      fc.property(axis, fc.nat(), (drawn, nat) => {
        const start = nat % drawn.to;
        const request = {
          axis: drawn,
          start,
          count: 1,
          form: "q14",
          step: 1,
          origin: 0,
          lanes: 2,
          spare: 0,
        } as const;
        const { bytes, taps } = tapTable(request);
        const weights = new Int16Array(bytes.buffer, 4, taps);
        expect(weights.reduce((sum, w) => sum + w, 0)).toBe(16384);
      }),
    );
  });
});

test("P1: a gigantic reduction and enlargement, tile for tile", () => {
  const wide = pixels({ width: 9000, height: 4 }, { channels: 3, depth: 8 }, 1);
  expect(differingBytes(parsePipeline("resize(width=3, height=2)"), wide, 1)).toBe(0);
  expect(differingBytes(parsePipeline("resize(width=70, height=300)"), wide, 64)).toBe(0);
  const dot = pixels({ width: 2, height: 1 }, { channels: 4, depth: 16 }, 1);
  expect(differingBytes(parsePipeline("resize(width=333, height=200)"), dot, 64)).toBe(0);
});
