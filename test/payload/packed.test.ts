import { describe, expect, test } from "bun:test";
import { Packing } from "../../master/packing/packing.ts";
import { BufferPool } from "../../shared/buffers.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { compileChain, windowOf } from "../../shared/ops/chain.ts";
import { computeTile } from "../../shared/ops/compute_tile.ts";
import { pack, unpack } from "../../shared/payload/packed.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { createRaster, type Raster, viewOf } from "../../shared/raster.ts";
import { pictureRaster, spec } from "../engine/harness.ts";

const kernels = loadKernels();
const INPUT = { width: 300, height: 200, channels: 3, depth: 8 } as const;

/** One tile, from a raster and from the same packed. */
function bothWays(pipeline: string, out: Raster["rect"]) {
  const steps = parsePipeline(pipeline);
  const chain = compileChain(steps, INPUT);
  const whole = pictureRaster(spec(INPUT.width, INPUT.height));
  const rect = windowOf(chain, out);
  const view = rect.width > 0 ? viewOf(whole, rect) : { ...whole, rect };
  const asked = { steps, input: INPUT, out, figures: false };
  const wanted = new SharedArrayBuffer(out.width * out.height * 3);
  computeTile({ ...asked, window: view, wanted });
  const { packed } = computeTile({ ...asked, window: pack(kernels, view), wanted: "packed" });
  return { plain: new Uint8Array(wanted), packed: unpack(kernels, packed!).data };
}

describe("packed pixels", () => {
  test.each([
    ["blur(sigma=3)", { x: 64, y: 64, width: 128, height: 100 }],
    ["blur(sigma=3)", { x: 0, y: 0, width: 33, height: 200 }],
    ["invert", { x: 299, y: 199, width: 1, height: 1 }],
    ["pad(left=400) | blur(sigma=1)", { x: 0, y: 0, width: 64, height: 64 }],
    ["resize(width=61) | sharpen", { x: 10, y: 3, width: 51, height: 30 }],
  ])("P1: a tile of %s is the same from packed pixels as from plain ones", (pipeline, out) => {
    const { plain, packed } = bothWays(pipeline, out);
    expect(Buffer.from(packed).equals(Buffer.from(plain))).toBe(true);
  });

  test("a window that is not what the tile needs is refused", () => {
    const steps = parsePipeline("blur(sigma=2)");
    const whole = pictureRaster(spec(INPUT.width, INPUT.height));
    const window = pack(kernels, viewOf(whole, { x: 10, y: 10, width: 40, height: 40 }));
    const out = { x: 64, y: 64, width: 64, height: 64 };
    const compute = () => computeTile({ steps, input: INPUT, out, window, wanted: "packed", figures: false });
    expect(compute).toThrow(expect.objectContaining({ code: "payload_damaged" }));
  });

  test("the master packs and unpacks on its threads, empty windows too, and gives memory back on damage", async () => {
    const packing = new Packing(new BufferPool());
    try {
      const raster = createRaster({ x: 5, y: 7, width: 200, height: 150 }, { channels: 3, depth: 8 }, true);
      raster.data.forEach((_, i) => {
        raster.data[i] = i * 7;
      });
      const packed = await packing.pack(raster);
      const back = await packing.unpack(packed);
      expect(Buffer.from(back.data.subarray(0, raster.data.length)).equals(Buffer.from(raster.data))).toBe(
        true,
      );
      const empty = { ...raster, rect: { x: 0, y: 0, width: 0, height: 0 } };
      for (let i = 0; i < 3; i++) expect((await packing.pack(empty)).payload).toHaveLength(0);
      const damagedOne = { ...packed, payload: packed.payload.slice(0, 40) };
      const refused = await packing.unpack(damagedOne).catch((thrown: unknown) => thrown);
      expect(refused).toMatchObject({ code: "payload_damaged" });
    } finally {
      await packing.close();
    }
  });
});
