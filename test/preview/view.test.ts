import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Canvas } from "../../master/canvas/canvas.ts";
import { byTile, type Extent, upToRow, WHOLE } from "../../master/preview/extent.ts";
import { PreviewPool } from "../../master/preview/pool.ts";
import { reduce, reducedShape } from "../../master/preview/reduce.ts";
import { View } from "../../master/preview/view.ts";
import { type Rect, type Shape, wholeOf } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { createRaster } from "../../shared/raster.ts";
import { difference, pictureRaster, spec } from "../engine/harness.ts";

const kernels = loadKernels();
/** Large enough for overviews of overviews. */
const SHAPE: Shape = { width: 8300, height: 1100, channels: 1, depth: 8 };
const folder = mkdtempSync(join(tmpdir(), "tessera-view-"));
const path = join(folder, "canvas.v");
const pixels = pictureRaster(spec(SHAPE.width, SHAPE.height, 1));
const pool = new PreviewPool();
let views = 0;

beforeAll(() => {
  const canvas = Canvas.create(path, SHAPE);
  canvas.write(pixels);
  canvas.close();
});

afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

const areaOf = (rects: readonly Rect[]): number =>
  rects.reduce((sum, { width, height }) => sum + width * height, 0);

function viewWith(extent: Extent): View {
  const own = mkdtempSync(join(folder, `view-${views++}-`));
  return new View({ path, shape: SHAPE, orientation: 1, extent, folder: own, pool });
}

describe("a view", () => {
  test("gives every level as the mean of what is below it", async () => {
    const view = viewWith(WHOLE);
    // Overviews are made of overviews, rounded at each; within one level that is what may differ.
    for (const shift of [0, 1, 2, 3, 4, 6]) {
      const whole = createRaster(wholeOf(reducedShape(SHAPE, shift)), SHAPE);
      if (shift > 0) reduce(kernels, whole, pixels, shift);
      const { raster, missing } = await view.read(shift, view.whole(shift));
      expect(missing).toEqual([]);
      if (shift <= 1) expect(difference(raster, shift === 0 ? pixels : whole)).toBe("same");
      const far = raster.data.reduce((most, v, i) => Math.max(most, Math.abs(v - whole.data[i]!)), 0);
      if (shift > 1) expect(far).toBeLessThanOrEqual(2);
    }
  });

  test("P5: shows what is there of an image that is still being made, and reads each pixel once", async () => {
    let rows = 0;
    const view = viewWith(upToRow(SHAPE, () => rows));
    const whole = view.whole(4);
    const { missing: all, raster: nothing } = await view.read(4, whole);
    expect([areaOf(all), nothing.data.every((v) => v === 0)]).toEqual([areaOf([whole]), true]);
    rows = 600;
    const half = await view.read(4, whole);
    // One block of overview is 512 rows of the image.
    expect(half.missing.map(({ y, width }) => [y, width])).toEqual([
      [32, whole.width],
      [64, whole.width],
    ]);
    expect(half.raster.data.subarray(0, 32 * whole.width).some((v) => v > 0)).toBe(true);
    rows = SHAPE.height;
    const end = await view.read(4, whole);
    expect(end.missing).toEqual([]);
    expect(difference(end.raster, (await viewWith(WHOLE).read(4, whole)).raster)).toBe("same");
  });

  test("has holes exactly where tiles are missing", async () => {
    const tile = { width: 512, height: 512 };
    const gone = new Set([1, 2, 20]);
    const view = viewWith(byTile({ tile, columns: 17, isThere: (each) => !gone.has(each) }));
    const { missing } = await view.read(0, wholeOf(SHAPE));
    expect(missing).toEqual([
      { x: 512, y: 0, width: 1024, height: 512 },
      { x: 3 * 512, y: 512, width: 512, height: 512 },
    ]);
    expect((await view.read(2, view.whole(2))).missing).toEqual([
      { x: 128, y: 0, width: 256, height: 128 },
      { x: 384, y: 128, width: 128, height: 128 },
    ]);
  });

  test("is upright, however it is stored", () => {
    const own = mkdtempSync(join(folder, "turned-"));
    const view = new View({ path, shape: SHAPE, orientation: 6, extent: WHOLE, folder: own, pool });
    expect(view.size).toMatchObject({ width: 1100, height: 8300 });
    expect(view.stored(0, { x: 0, y: 0, width: 10, height: 20 })).toEqual({
      ...{ x: 0, y: 1090, width: 20, height: 10 },
    });
  });
});
