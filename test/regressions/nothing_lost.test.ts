import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, openEngine } from "../../embedded/engine.ts";
import { loadSharp } from "../../master/codec/sharp.ts";
import { decodeFile, difference, picture, pictureRaster, spec, unowned } from "../engine/harness.ts";

const sharp = await loadSharp();

const folder = mkdtempSync(join(tmpdir(), "tessera-kept-"));
let engine: Engine;

beforeAll(() => {
  engine = openEngine({ threads: 2 });
});

afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function made(path: string, pipeline: string): Promise<string> {
  const { id } = await engine.master.submit({ source: unowned(path), pipeline, tileSize: 64 });
  expect((await engine.master.wait(id)).error).toBeUndefined();
  return engine.master.resultPath(id);
}

const shapes = [1, 2, 3, 4].flatMap((channels) => [8, 16].map((depth) => [channels, depth] as const));

test.each(shapes)("P1: %d channels of %d bits stay what they are, alpha and all", async (channels, depth) => {
  const of = spec(150, 90, channels, depth, 31);
  const path = await picture(folder, of);
  const back = await decodeFile(await made(path, "invert | flop | flop | invert"));
  expect(difference(back, pictureRaster(of))).toBe("same");
});

test("P1: a filter does not let the colour of clear pixels bleed into the others", async () => {
  // Clear red beside opaque blue: filtered without premultiplying, the border would turn violet.
  const pixels = Buffer.alloc(128 * 64 * 4);
  for (let i = 0; i < pixels.length; i += 4)
    pixels.set((i / 4) % 128 < 64 ? [255, 0, 0, 0] : [0, 0, 255, 255], i);
  const path = join(folder, "bleed.png");
  await sharp(pixels, { raw: { width: 128, height: 64, channels: 4 } })
    .png()
    .toFile(path);
  const { data } = await decodeFile(await made(path, "blur(sigma=3)"));
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]! > 0) expect(data[i]).toBe(0);
});

test("P1: EXIF orientation is applied, and not a second time by whoever opens the result", async () => {
  const path = join(folder, "lying.jpg");
  await sharp(await picture(folder, spec(160, 90)))
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(path);
  for (const pipeline of ["", "brightness"]) {
    const { width, height, orientation } = await sharp(await made(path, pipeline)).metadata();
    expect([width, height, orientation ?? 1]).toEqual([90, 160, 1]);
  }
});
