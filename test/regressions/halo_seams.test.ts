import { expect, test } from "bun:test";
import { compileChain } from "../../shared/ops/chain.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { copyInto, createRaster, type Raster, viewOf } from "../../shared/raster.ts";
import { difference, pictureRaster, spec } from "../engine/harness.ts";
import { tilesOf, whole } from "../ops/tiled_equals_whole.ts";
import { processed } from "./engine.ts";

/** What went wrong once: each tile filtered by itself, as if it were an image of its own. */
function withoutHalo(pipeline: string, image: Raster): Raster {
  const steps = parsePipeline(pipeline);
  const out = createRaster(image.rect, compileChain(steps, { ...image.rect, ...image.format }).output);
  for (const tile of tilesOf(image.rect, 64)) {
    const alone = { x: 0, y: 0, width: tile.width, height: tile.height };
    const filtered = whole(steps, { ...viewOf(image, tile), rect: alone });
    copyInto(out, { ...filtered, rect: tile });
  }
  return out;
}

test.each(["blur", "edge_detection", "sharpen", "median(radius=3)", "bilateral"])(
  "P1: %s shows no seam at the tiles' edges",
  async (pipeline) => {
    const image = pictureRaster(spec(230, 170, 3, 8, 21));
    const expected = whole(parsePipeline(pipeline), image);
    expect(difference(await processed(image, pipeline), expected)).toBe("same");
    // The picture does show it when it is done wrongly.
    expect(difference(withoutHalo(pipeline, image), expected)).toContain("bytes differ");
  },
);
