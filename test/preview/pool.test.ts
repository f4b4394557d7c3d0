import { expect, test } from "bun:test";
import { PreviewPool } from "../../master/preview/pool.ts";
import { type Shape, wholeOf } from "../../shared/geometry.ts";
import { compileChain } from "../../shared/ops/chain.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { createRaster } from "../../shared/raster.ts";

const SHAPE: Shape = { width: 3000, height: 3000, channels: 3, depth: 8 };

function workOn(text: string) {
  const steps = parsePipeline(text);
  const source = createRaster(wholeOf(SHAPE), SHAPE, true);
  return { steps, chain: compileChain(steps, SHAPE), out: source.rect, source };
}

test("P9: what nobody waits for any more ends soon, however long it would take, and others go on", async () => {
  const pool = new PreviewPool();
  try {
    await pool.wake();
    const gone = new AbortController();
    const long = pool.compute(workOn("bilateral(radius=20) | bilateral(radius=20)"), gone.signal); // half a minute
    gone.abort(new Error("gone"));
    expect(await long.catch((thrown) => thrown)).toBeInstanceOf(Error);
    const { data } = await pool.compute(workOn("invert"), new AbortController().signal);
    expect([data[0], data.at(-1)]).toEqual([255, 255]);
  } finally {
    await pool.close();
  }
});

test("what is under way when the master stops is given up as what it is, no fault of ours, and nothing begins again", async () => {
  const pool = new PreviewPool();
  await pool.wake();
  const { signal } = new AbortController();
  const long = pool.compute(workOn("bilateral(radius=20) | bilateral(radius=20)"), signal);
  const [thrown] = await Promise.all([long.catch((reason: unknown) => reason), pool.close()]);
  expect(thrown).toMatchObject({ code: "bus_closed" });
  expect(await pool.compute(workOn("invert"), signal).catch((reason: unknown) => reason)).toMatchObject({
    code: "bus_closed",
  });
});
