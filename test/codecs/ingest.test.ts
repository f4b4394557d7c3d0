import { afterAll, expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { CANVAS_HEADER_BYTES } from "../../master/canvas/canvas.ts";
import { closeCodecPool } from "../../master/codec/pool.ts";
import { createExport } from "../../master/export/export.ts";
import { outputSpec } from "../../master/export/output.ts";
import { ingest, metadataAfter } from "../../master/ingest/ingest.ts";
import { probe } from "../../master/probe/probe.ts";
import type { Probe } from "../../master/probe/types.ts";
import { TesseraError } from "../../shared/errors.ts";
import { bytesPerPixel, type Shape } from "../../shared/geometry.ts";
import { inFolder } from "../support/folder.ts";
import { tiffOf } from "./broken_files.ts";
import { canvasOf, decode, LIMITS, NO_METADATA, pixelsOf, sameBytes, shapeOf, sharpOf } from "./pictures.ts";

afterAll(closeCodecPool);

const ALL = [1, 2, 3, 4].flatMap((channels) => [8, 16].map((depth) => shapeOf(53, 37, channels, depth)));
const nameOf = ({ channels, depth }: Shape): string => `${channels} × ${depth} bit`;

/** Writes the file, decodes it as the engine does. */
const roundTrip = (bytes: Buffer, name: string) =>
  inFolder(async (folder) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return decode(path);
  });

for (const shape of ALL) {
  test(`PNG ${nameOf(shape)} is decoded exactly`, async () => {
    const { probe, pixels } = await roundTrip(await sharpOf(shape).png().toBuffer(), "a.png");
    expect(probe).toMatchObject({ type: "png", shape, orientation: 1, unbounded: false });
    expect(sameBytes(pixels, pixelsOf(shape))).toBe(true);
  });

  test(`TIFF ${nameOf(shape)} is decoded exactly`, async () => {
    for (const tile of [false, true]) {
      const bytes = await sharpOf(shape)
        .tiff({ compression: "deflate", tile, tileWidth: 16, tileHeight: 16 })
        .toBuffer();
      const { probe, pixels } = await roundTrip(bytes, "a.tif");
      expect(probe).toMatchObject({ type: "tiff", shape, unbounded: false });
      expect(sameBytes(pixels, pixelsOf(shape))).toBe(true);
    }
  });
}

for (const channels of [3, 4]) {
  const shape = shapeOf(53, 37, channels, 8);
  test(`lossless WebP and AVIF of ${channels} channels are decoded exactly`, async () => {
    const webp = await roundTrip(
      await sharpOf(shape).webp({ lossless: true, exact: true }).toBuffer(),
      "a.webp",
    );
    expect(webp.probe).toMatchObject({ type: "webp", shape, unbounded: true });
    expect(sameBytes(webp.pixels, pixelsOf(shape))).toBe(true);
    const avif = await roundTrip(
      await sharpOf(shape).avif({ lossless: true, effort: 0 }).toBuffer(),
      "a.avif",
    );
    expect(avif.probe).toMatchObject({ type: "avif", shape, unbounded: true });
    expect(sameBytes(avif.pixels, pixelsOf(shape))).toBe(true);
  });
}

test("10- and 12-bit AVIF is decoded to 16 bits", async () => {
  const shape = shapeOf(53, 37, 3, 16);
  for (const bitdepth of [10, 12] as const) {
    const bytes = await sharpOf(shape)
      .avif({ bitdepth, quality: 100, chromaSubsampling: "4:4:4", effort: 0 })
      .toBuffer();
    const { probe, pixels } = await roundTrip(bytes, "a.avif");
    expect(probe.shape).toEqual(shape);
    expect(
      meanDifference(new Uint16Array(pixels.buffer), new Uint16Array(pixelsOf(shape).buffer)),
    ).toBeLessThan(400);
  }
});

test("JPEG, gray and colour, gives the library's own pixels", async () => {
  for (const shape of [shapeOf(53, 37, 1, 8), shapeOf(53, 37, 3, 8)]) {
    const bytes = await sharpOf(shape).jpeg().toBuffer();
    const { probe, pixels } = await roundTrip(bytes, "a.jpg");
    expect(probe).toMatchObject({ type: "jpeg", shape, unbounded: false });
    expect(
      sameBytes(
        pixels,
        await sharp(bytes)
          .toColourspace(shape.channels === 1 ? "b-w" : "srgb")
          .raw()
          .toBuffer(),
      ),
    ).toBe(true);
  }
});

test("progressive JPEG, interlaced PNG and GIF are told to be unbounded", async () => {
  const shape = shapeOf(53, 37, 3, 8);
  const jpeg = await roundTrip(await sharpOf(shape).jpeg({ progressive: true }).toBuffer(), "a.jpg");
  const png = await roundTrip(await sharpOf(shape).png({ progressive: true }).toBuffer(), "a.png");
  const gif = await roundTrip(await sharpOf(shape).gif().toBuffer(), "a.gif");
  expect([jpeg, png, gif].map(({ probe }) => [probe.type, probe.unbounded])).toEqual([
    ["jpeg", true],
    ["png", true],
    ["gif", true],
  ]);
  expect(sameBytes(png.pixels, pixelsOf(shape))).toBe(true);
});

test("palettes and samples under 8 bits become 8 bits", async () => {
  const shape = shapeOf(53, 37, 3, 8);
  const palette = await sharpOf(shape).png({ palette: true, colours: 16 }).toBuffer();
  const fromPalette = await roundTrip(palette, "a.png");
  expect(fromPalette.probe.shape).toEqual(shape);
  expect(sameBytes(fromPalette.pixels, await sharp(palette).raw().toBuffer())).toBe(true);
  const bits = await sharpOf(shapeOf(53, 37, 1, 8))
    .threshold(128)
    .tiff({ bitdepth: 1, compression: "none", predictor: "none" })
    .toBuffer();
  const fromBits = await roundTrip(bits, "a.tif");
  expect(fromBits.probe.shape).toEqual(shapeOf(53, 37, 1, 8));
  expect(new Set(fromBits.pixels)).toEqual(new Set([0, 255]));
});

test("only the first frame of an animation is used", async () => {
  const frame = (colour: string) => ({
    create: { width: 20, height: 10, channels: 3 as const, background: colour },
  });
  const frames = [sharp(frame("#f00")), sharp(frame("#0f0")), sharp(frame("#00f"))].map((f) =>
    f.png().toBuffer(),
  );
  const animation = sharp(await Promise.all(frames), { join: { animated: true } });
  for (const [name, bytes] of [
    ["a.gif", await animation.clone().gif().toBuffer()],
    ["a.webp", await animation.clone().webp({ lossless: true }).toBuffer()],
  ] as const) {
    const { probe, pixels } = await roundTrip(bytes, name);
    expect([probe.width, probe.height]).toEqual([20, 10]);
    expect(probe.firstFrameEnd).toBeLessThan(probe.bytes);
    expect([...pixels.subarray(0, 3)]).toEqual([255, 0, 0]);
  }
});

test("CMYK becomes sane sRGB", async () => {
  const colours = [
    [220, 40, 30],
    [40, 160, 60],
    [30, 60, 170],
    [128, 128, 128],
    [250, 250, 250],
    [10, 10, 10],
  ];
  for (const rgb of colours) {
    const [r, g, b] = rgb as [number, number, number];
    const flat = sharp({ create: { width: 32, height: 32, channels: 3, background: { r, g, b } } });
    for (const [name, bytes] of [
      ["a.jpg", await flat.clone().toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer()],
      ["a.tif", await flat.clone().toColourspace("cmyk").tiff({ compression: "deflate" }).toBuffer()],
    ] as const) {
      const { probe, pixels } = await roundTrip(bytes, name);
      expect(probe.shape).toEqual(shapeOf(32, 32, 3, 8));
      expect(probe.metadata.icc).toBeUndefined();
      for (const [c, wanted] of rgb.entries()) expect(Math.abs(pixels[c]! - wanted)).toBeLessThan(45);
    }
  }
});

test("orientation is told and not applied", async () => {
  const shape = shapeOf(40, 20, 3, 8);
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8] as const) {
    const { probe, pixels } = await roundTrip(
      await sharpOf(shape).withMetadata({ orientation }).png().toBuffer(),
      "a.png",
    );
    expect(probe).toMatchObject({ orientation, width: 40, height: 20 });
    expect(sameBytes(pixels, pixelsOf(shape))).toBe(true);
  }
  const jpeg = await roundTrip(
    await sharpOf(shape).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    "a.jpg",
  );
  expect(jpeg.probe).toMatchObject({ orientation: 6, width: 40, height: 20 });
});

/** Display P3 to sRGB by the definition: linearise, matrix, clip, encode. 0–1. */
function p3ToSrgb(colour: readonly number[]): number[] {
  const linear = colour.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  const matrix = [
    [1.2249401, -0.2249404, 0],
    [-0.0420569, 1.0420571, 0],
    [-0.0196376, -0.0786361, 1.0982735],
  ];
  return matrix.map((row) => {
    const v = Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, k, i) => sum + k * linear[i]!, 0),
      ),
    );
    return v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055;
  });
}

test("an embedded profile is converted to sRGB or kept, with 8 and with 16 bits", async () => {
  const p3 = (
    await sharp(
      await sharpOf(shapeOf(8, 8, 3, 8))
        .withIccProfile("p3")
        .png()
        .toBuffer(),
    ).metadata()
  ).icc!;
  const colour = [0.75, 0.4, 0.3];
  for (const depth of [8, 16] as const) {
    const shape = shapeOf(16, 16, 3, depth);
    const max = depth === 8 ? 255 : 65_535;
    const samples = Array.from({ length: 16 * 16 * 3 }, (_, i) => Math.round(colour[i % 3]! * max));
    const pixels = depth === 8 ? Uint8Array.from(samples) : new Uint8Array(Uint16Array.from(samples).buffer);
    await inFolder(async (folder) => {
      const canvas = canvasOf(join(folder, "c.v"), shape, pixels);
      const path = join(folder, "p3.png");
      const spec = outputSpec({ format: "png" });
      await createExport({
        canvas,
        spec,
        metadata: { ...NO_METADATA, icc: p3 },
        path,
        concurrency: 1,
      }).finish();
      canvas.close();
      const kept = await decode(path, "keep");
      expect(kept.probe.hasIcc).toBe(true);
      expect(metadataAfter("keep", kept.probe.metadata).icc?.equals(p3)).toBe(true);
      expect(metadataAfter("srgb", kept.probe.metadata).icc).toBeUndefined();
      expect(sameBytes(kept.pixels, pixels)).toBe(true);
      const converted = (await decode(path, "srgb")).pixels;
      const got = depth === 8 ? converted : new Uint16Array(converted.buffer);
      p3ToSrgb(colour).forEach((wanted, c) => {
        expect(Math.abs(got[c]! / max - wanted)).toBeLessThan(1.5 / 255);
      });
    });
  }
});

/** Decodes and takes a copy of each row that is the last one ready at some moment. */
async function watched(
  path: string,
  probed: Probe,
  canvasPath: string,
): Promise<{ row: number; bytes: Buffer }[]> {
  const { shape } = probed;
  const rowBytes = shape.width * bytesPerPixel(shape);
  writeFileSync(canvasPath, Buffer.alloc(1_000_000, 1)); // what a killed run left must not count
  const decoding = ingest(path, probed, canvasPath, { profile: "srgb", pixelsMax: LIMITS.pixelsMax });
  const seen: { row: number; bytes: Buffer }[] = [];
  await new Promise(setImmediate); // it begins
  // the decoder has threads of its own; without a pause here, few of its steps are missed
  const giveUp = performance.now() + 30_000;
  for (let row = -1; row < shape.height - 1 && performance.now() < giveUp; ) {
    row = decoding.rowsReady() - 1;
    if (row < 0 || row === seen.at(-1)?.row) continue;
    expect(row).toBeGreaterThan(seen.at(-1)?.row ?? -1);
    const bytes = Buffer.alloc(rowBytes);
    const fd = openSync(canvasPath, "r");
    readSync(fd, bytes, 0, rowBytes, CANVAS_HEADER_BYTES + row * rowBytes);
    closeSync(fd);
    seen.push({ row, bytes });
  }
  await decoding.done;
  expect(decoding.rowsReady()).toBe(shape.height);
  return seen;
}

test("rows are ready from the top down and final as soon as they show", async () => {
  await inFolder(async (folder) => {
    const shape = shapeOf(1200, 1500, 3, 8);
    const pixels = pixelsOf(shape);
    const path = join(folder, "large.png");
    await sharpOf(shape, pixels).png({ compressionLevel: 1 }).toFile(path);
    const probed = await probe(path, LIMITS);
    const rowBytes = shape.width * bytesPerPixel(shape);
    // on a busy machine the whole decoding can pass between two looks; then once more
    let between = 0;
    for (let attempt = 0; attempt < 50 && between < 3; attempt++) {
      for (const { row, bytes } of await watched(path, probed, join(folder, "canvas.v"))) {
        expect(sameBytes(bytes, pixels.subarray(row * rowBytes, (row + 1) * rowBytes))).toBe(true);
        if (row < shape.height - 1) between++;
      }
    }
    expect(between).toBeGreaterThanOrEqual(3);
  });
}, 180_000);

test("an abort rejects at once and leaves no canvas", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "large.png");
    await sharpOf(shapeOf(1200, 2000, 3, 8))
      .png()
      .toFile(path);
    const canvasPath = join(folder, "canvas.v");
    const probed = await probe(path, LIMITS);
    const abort = new AbortController();
    const options = { profile: "srgb", pixelsMax: LIMITS.pixelsMax, signal: abort.signal } as const;
    const decoding = ingest(path, probed, canvasPath, options);
    await new Promise(setImmediate); // it begins
    // without a pause, so that the end cannot be told before the abort
    const giveUp = performance.now() + 30_000;
    while (decoding.rowsReady() === 0 && performance.now() < giveUp);
    const reason = new TesseraError("disk_full");
    abort.abort(reason);
    expect(await decoding.done.catch((thrown: unknown) => thrown)).toBe(reason);
    while (existsSync(canvasPath)) await new Promise(setImmediate); // until the decoder has come to its end
    const refused = ingest(path, probed, canvasPath, options);
    expect(await refused.done.catch((thrown: unknown) => thrown)).toBe(reason);
    expect(existsSync(canvasPath)).toBe(false);
  });
});

test("P6: a TIFF of strips that are too large for its decoder is refused by its header, with what to do", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.tif");
    const stripBytes = 51 << 20;
    const fields = [
      [278, 3, 10],
      [279, 4, stripBytes],
    ] as const;
    writeFileSync(path, tiffOf({ height: 20, extra: fields }));
    truncateSync(path, 2 * stripBytes);
    const fault = await probe(path, LIMITS).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({
      code: "image_unsupported",
      detail: "Save it with strips of at most 50 MiB.",
    });
  });
});

test("a file that changes after its probe is refused by its shape", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.png");
    await sharpOf(shapeOf(20, 20, 3, 8))
      .png()
      .toFile(path);
    const probed = await probe(path, LIMITS);
    await sharpOf(shapeOf(20, 21, 3, 8))
      .png()
      .toFile(path);
    const canvasPath = join(folder, "canvas.v");
    const { done } = ingest(path, probed, canvasPath, { profile: "srgb", pixelsMax: LIMITS.pixelsMax });
    expect(await done.catch((thrown: unknown) => thrown)).toMatchObject({ code: "image_header_invalid" });
    expect(existsSync(canvasPath)).toBe(false);
  });
});

function meanDifference(a: Uint16Array, b: Uint16Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
