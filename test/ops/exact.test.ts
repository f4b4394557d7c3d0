import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { PixelFormat } from "../../shared/geometry.ts";
import { compileChain, shapeAfter } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import { allOps } from "../../shared/ops/registry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { formatText } from "../../shared/pipeline/text.ts";
import type { Raster } from "../../shared/raster.ts";
import { anyFormat, anyStep, anyTile, pixels, sizeFor, stepOf } from "./arbitrary.ts";
import { differingBytes } from "./tiled_equals_whole.ts";

/** More runs for a long test; every failure prints the seed that gives it again. */
const RUNS = process.env.TEST_LONG ? 200 : 12;

/** What an op does by default is nothing, or little, for these. */
const EARNEST: Readonly<Record<string, string>> = {
  crop: "crop(x=37, y=11, width=600, height=590)",
  resize: "resize(scale=0.63)",
  pad: "pad(left=13, top=130, right=7, bottom=1)",
  convolve: "convolve(kernel=[1,2,0,-3,9,-3,0,2,1])",
};

/** No image along a drawn pipeline is larger, so that no draw takes seconds. */
const PIXELS_MAX = 150_000;

interface Case {
  readonly steps: readonly Step[];
  readonly image: Raster;
  readonly tile: number;
}

const caseOf = (steps: fc.Arbitrary<readonly Step[]>): fc.Arbitrary<Case> =>
  anyTile
    .chain((tile) => fc.tuple(fc.constant(tile), sizeFor(tile), anyFormat, steps, fc.nat()))
    .filter(([, size, format, drawn]) => staysSmall(drawn, { ...size, ...format }))
    .map(([tile, size, format, drawn, seed]) => ({ steps: drawn, image: pixels(size, format, seed), tile }));

function staysSmall(steps: readonly Step[], input: Parameters<typeof shapeAfter>[1]): boolean {
  let shape = input;
  return steps.every((step) => {
    shape = shapeAfter(step, shape);
    return shape.width * shape.height <= PIXELS_MAX && Math.max(shape.width, shape.height) <= 10_000;
  });
}

function check(steps: fc.Arbitrary<readonly Step[]>, runs: number): void {
  fc.assert(
    fc.property(caseOf(steps), ({ steps: drawn, image, tile }) => {
      const { width, height } = image.rect;
      const { channels, depth } = image.format;
      const said = `${formatText(drawn)} on ${width} × ${height} × ${channels}, ${depth} bit, tile ${tile}`;
      expect(`${differingBytes(drawn, image, tile)} bytes differ: ${said}`).toBe(`0 bytes differ: ${said}`);
    }),
    { numRuns: runs },
  );
}

describe("P1: tiled equals whole, bit for bit", () => {
  test.each(allOps().map((op) => [op.name, op] as const))("%s", (_name, op) => {
    check(
      stepOf(op).map((step) => [step]),
      RUNS,
    );
  });

  test("pipelines of up to six steps", () => {
    check(fc.array(anyStep(), { minLength: 2, maxLength: 6 }), 10 * RUNS);
  });

  test("no steps at all", () => {
    check(fc.constant([]), RUNS);
  });

  // Drawn images are small; at the sizes that are used in earnest, each op once on an image that is cut both ways.
  test.each([512, 1024])("every op, cut both ways at a tile size of %d", (tile) => {
    const formats: PixelFormat[] = process.env.TEST_LONG
      ? [3, 4, 1, 2].flatMap((channels) => [8, 16].map((depth) => ({ channels, depth }) as PixelFormat))
      : [{ channels: 3, depth: 8 }];
    for (const format of formats) {
      const image = pixels({ width: tile + 139, height: tile + 67 }, format, tile);
      for (const { name } of allOps()) {
        const steps = parsePipeline(EARNEST[name] ?? name);
        expect(`${name}: ${differingBytes(steps, image, tile)} bytes differ`).toBe(`${name}: 0 bytes differ`);
      }
    }
  });
});

test("drawn pipelines reach every op, fold curves and end in other shapes", () => {
  const seen = new Set<string>();
  let folded = 0;
  let reshaped = 0;
  const drawn = fc.sample(fc.array(anyStep(), { minLength: 2, maxLength: 6 }), { numRuns: 400, seed: 1 });
  for (const steps of drawn) {
    for (const { op } of steps) seen.add(op);
    const plain = steps.filter(({ op }) => allOps().find(({ name }) => name === op)?.kind !== "statistics");
    const chain = compileChain(plain, { width: 100, height: 90, channels: 3, depth: 8 });
    if (chain.passes.some((pass) => pass.kind === "table" && pass.curves.length > 1)) folded++;
    if (chain.output.width !== 100) reshaped++;
  }
  expect([...seen].sort()).toEqual(
    allOps()
      .map(({ name }) => name)
      .sort(),
  );
  expect(folded).toBeGreaterThan(20);
  expect(reshaped).toBeGreaterThan(100);
});
