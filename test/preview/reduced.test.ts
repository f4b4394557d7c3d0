import { describe, expect, test } from "bun:test";
import { planReduced } from "../../master/preview/editing/reduced_plan.ts";
import { reduce, reducedShape } from "../../master/preview/reduce.ts";
import { type Shape, wholeOf } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { compileChain, runChain, unload } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { reducedStep } from "../../shared/pipeline/reduced.ts";
import { createRaster, type Raster } from "../../shared/raster.ts";
import { pictureRaster, spec } from "../engine/harness.ts";

const SHAPE: Shape = { width: 512, height: 384, channels: 3, depth: 8 };
const picture = pictureRaster(spec(SHAPE.width, SHAPE.height));
const kernels = loadKernels();

function run(steps: readonly Step[], source: Raster, shape: Shape): Raster {
  const chain = compileChain(steps, shape);
  const out = createRaster(wholeOf(chain.output), chain.output);
  unload(kernels, runChain(kernels, chain, out.rect, source), out);
  return out;
}

function quarter(source: Raster, shape: Shape): Raster {
  const target = createRaster(wholeOf(reducedShape(shape, 2)), shape);
  reduce(kernels, target, source, 2);
  return target;
}

/** Decibels between two pictures: the more, the more alike. */
function likeness(a: Raster, b: Raster): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return 10 * Math.log10((255 * 255 * a.data.length) / Math.max(sum, 1));
}

describe("a step on a reduced picture", () => {
  test.each([
    "blur(sigma=8)",
    "box_blur(radius=8)",
    "unsharp_mask(sigma=4)",
    "sharpen",
    "emboss",
    "laplacian(offset=128)",
    "convolve(kernel=[1,2,1,2,4,2,1,2,1])",
    "median(radius=2)",
    "pixelate(size=16)",
  ])("looks as %s does on the whole, far more than the step itself would", (text) => {
    const steps = parsePipeline(text);
    const result = quarter(run(steps, picture, SHAPE), SHAPE);
    const small = quarter(picture, SHAPE);
    const shape = reducedShape(SHAPE, 2);
    const own = steps.map((step) => reducedStep(step, 0.25)).filter((step) => step !== undefined);
    const far = likeness(run(steps, small, shape), result);
    expect(likeness(run(own, small, shape), result)).toBeGreaterThan(far + 2);
  });
});

describe("the plan of a look", () => {
  const plan = (text: string, size: number, region?: [number, number, number, number]) => {
    const [x = 0, y = 0, width = 0, height = 0] = region ?? [];
    const wanted = { size, ...(region && { region: { x, y, width, height } }) };
    return planReduced(parsePipeline(text), { ...SHAPE, width: 40_000, height: 30_000 }, wanted);
  };

  test("takes no more of the source than is seen, whatever its size", () => {
    expect(plan("blur(sigma=10)", 1000)).toMatchObject({
      ...{ scale: 0.025, source: { width: 1000, height: 750 }, isExact: false },
      steps: [{ op: "blur", sigma: 0.25 }],
    });
    expect(plan("invert", 500, [20_000, 10_000, 500, 400])).toMatchObject({
      ...{ scale: 1, isExact: true, window: { x: 20_000, y: 10_000, width: 500, height: 400 } },
    });
  });

  test("takes more where single pixels matter, as long as that is soon done", () => {
    const steps = parsePipeline("gamma | edge_detection");
    const shape: Shape = { ...SHAPE, width: 4000, height: 3000 };
    const all = planReduced(steps, shape, { size: 1000 });
    expect(all).toMatchObject({ source: shape, scale: 0.25, shown: { width: 1000, height: 750 } });
    const quick = planReduced(steps, shape, { size: 1000, workMax: 100_000_000 });
    expect(quick.source.width).toBeLessThanOrEqual(1000);
    expect(plan("edge_detection", 1000)).toMatchObject({ source: { width: 2500 }, out: { width: 2500 } });
  });

  test("a picture that is made smaller anyway is not looked at smaller than that", () => {
    const { scale, source, steps } = plan("blur(sigma=100) | resize(width=800) | blur(sigma=2)", 1000);
    expect([scale, source.width]).toEqual([1, 800]);
    expect(steps).toEqual([
      { op: "blur", sigma: 2 },
      { op: "blur", sigma: 2 },
    ]);
  });

  test("P5: a window that is too large is reduced until it is not", () => {
    const { window } = plan("pixelate(size=256) | blur(sigma=100)", 2048, [0, 0, 2048, 2048]);
    expect(window.width * window.height).toBeLessThanOrEqual(6_000_000);
  });
});
