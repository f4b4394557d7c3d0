import { afterAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { Canvas } from "../../master/canvas/canvas.ts";
import { closeCodecPool } from "../../master/codec/pool.ts";
import { combineAdler } from "../../master/export/adler.ts";
import { createExport } from "../../master/export/export.ts";
import type { Exporter, ExportNeeds } from "../../master/export/exporter.ts";
import { jpegFormat } from "../../master/export/jpeg.ts";
import { checkOutput, type OutputSpec, outputSpec } from "../../master/export/output.ts";
import { pngFormat } from "../../master/export/png.ts";
import { StripExport, type StripFormat } from "../../master/export/strips.ts";
import { tiffFormat } from "../../master/export/tiff.ts";
import { TesseraError } from "../../shared/errors.ts";
import type { Shape } from "../../shared/geometry.ts";
import { inFolder } from "../support/folder.ts";
import { canvasOf, decode, NO_METADATA, pixelsOf, sameBytes, shapeOf, sharpOf } from "./pictures.ts";

afterAll(closeCodecPool);

const nameOf = ({ channels, depth }: Shape): string => `${channels} × ${depth} bit`;

interface Exported {
  readonly path: string;
  readonly bytes: number;
}

/** Exports with rows that become final in odd steps, in many small strips; TIFF of effort 1 as BigTIFF. */
async function exported(canvas: Canvas, folder: string, asked: Partial<OutputSpec>): Promise<Exported> {
  const spec = outputSpec(asked);
  const path = join(folder, `out.${spec.format}`);
  const needs = { canvas, spec, metadata: NO_METADATA, path, concurrency: 3, sync: true };
  const exporter = exporterOf(needs);
  for (let y = 0; y < canvas.shape.height; y += 1 + (y % 97)) exporter.rowsDone(y);
  exporter.rowsDone(5); // late news
  const { bytes } = await exporter.finish();
  expect(readFileSync(path).length).toBe(bytes);
  return { path, bytes };
}

function exporterOf(needs: ExportNeeds): Exporter {
  const { canvas, spec, metadata } = needs;
  if (spec.format === "jpeg") return new StripExport(needs, jpegFormat(canvas, spec, metadata, 16));
  if (spec.format === "png") return new StripExport(needs, pngFormat(canvas, spec, metadata, 9000));
  if (spec.format === "tiff")
    return new StripExport(needs, tiffFormat(canvas, spec, metadata, 9000, spec.effort === 1));
  return createExport(needs);
}

const SHAPES = [1, 2, 3, 4].flatMap((channels) => [8, 16].map((depth) => shapeOf(203, 331, channels, depth)));

for (const shape of SHAPES) {
  test(`PNG and TIFF of ${nameOf(shape)} are exact`, async () => {
    await inFolder(async (folder) => {
      const canvas = canvasOf(join(folder, "c.v"), shape);
      for (const asked of [
        { format: "png" },
        { format: "png", effort: 0 },
        { format: "png", effort: 9 },
        { format: "tiff", effort: 9 },
        { format: "tiff", effort: 1 },
      ] as const) {
        const { path } = await exported(canvas, folder, asked);
        const { probe, pixels } = await decode(path);
        expect(probe.shape).toEqual(shape);
        expect(sameBytes(pixels, pixelsOf(shape))).toBe(true);
      }
      canvas.close();
    });
  });

  test(`JPEG of ${nameOf(shape)} in strips gives the pixels of the whole`, async () => {
    await inFolder(async (folder) => {
      const canvas = canvasOf(join(folder, "c.v"), shape);
      const space = shape.channels < 3 ? "b-w" : "srgb";
      for (const quality of [35, 90, 100]) {
        const { path } = await exported(canvas, folder, { format: "jpeg", quality, background: "#3060c0" });
        const whole = sharpOf(shape).toColourspace(space);
        if (shape.channels % 2 === 0) whole.flatten({ background: "#3060c0" });
        const jpeg = await whole.jpeg({ quality }).toBuffer();
        const { probe, pixels } = await decode(path);
        expect(probe.shape).toEqual({ ...shape, channels: space === "b-w" ? 1 : 3, depth: 8 });
        expect(sameBytes(pixels, await sharp(jpeg).toColourspace(space).raw().toBuffer())).toBe(true);
        // an independent reading of the same file, which warns of anything odd
        await sharp(path, { failOn: "warning" }).stats();
      }
      canvas.close();
    });
  });

  test(`lossless WebP and AVIF of ${nameOf(shape)} are exact to 8 bits`, async () => {
    const small = { ...shape, width: 61, height: 45 };
    await inFolder(async (folder) => {
      const canvas = canvasOf(join(folder, "c.v"), small);
      const wanted = await sharpOf(small).toColourspace("srgb").raw({ depth: "uchar" }).toBuffer();
      for (const format of ["webp", "avif"] as const) {
        const { path } = await exported(canvas, folder, { format, lossless: true, effort: 0 });
        const { probe, pixels } = await decode(path);
        expect([probe.width, probe.height]).toEqual([61, 45]);
        expect(sameBytes(pixels, wanted)).toBe(true);
      }
      canvas.close();
    });
  });
}

test("strips of the sizes that exports use give the same", async () => {
  await inFolder(async (folder) => {
    const shape = shapeOf(2053, 700, 3, 8);
    const pixels = pixelsOf(shape);
    const canvas = canvasOf(join(folder, "c.v"), shape, pixels);
    const jpeg = await sharpOf(shape, pixels).jpeg({ quality: 90 }).toBuffer();
    for (const format of ["jpeg", "png", "tiff"] as const) {
      const path = join(folder, "out");
      const spec = outputSpec({ format });
      await createExport({ canvas, spec, metadata: NO_METADATA, path, concurrency: 2 }).finish();
      const wanted = format !== "jpeg" ? pixels : await sharp(jpeg).raw().toBuffer();
      expect(sameBytes((await decode(path)).pixels, wanted)).toBe(true);
    }
    canvas.close();
  });
});

test("lossy WebP and AVIF are near the original", async () => {
  await inFolder(async (folder) => {
    const shape = shapeOf(200, 150, 3, 8);
    const smooth = await sharpOf(shape).blur(4).raw().toBuffer();
    const canvas = canvasOf(join(folder, "c.v"), shape, smooth);
    for (const format of ["webp", "avif"] as const) {
      const { pixels } = await decode((await exported(canvas, folder, { format, quality: 80 })).path);
      const off = pixels.reduce((sum, v, i) => sum + Math.abs(v - smooth[i]!), 0) / pixels.length;
      expect(off).toBeLessThan(4);
    }
    canvas.close();
  });
});

test("quality and effort change the size as they should", async () => {
  await inFolder(async (folder) => {
    const shape = shapeOf(300, 300, 3, 8);
    const canvas = canvasOf(join(folder, "c.v"), shape, await sharpOf(shape).blur(3).raw().toBuffer());
    const size = async (asked: Partial<OutputSpec>) => (await exported(canvas, folder, asked)).bytes;
    for (const format of ["jpeg", "webp", "avif"] as const) {
      expect(await size({ format, quality: 30 })).toBeLessThan(await size({ format, quality: 90 }));
    }
    expect(await size({ format: "png", effort: 9 })).toBeLessThan(await size({ format: "png", effort: 2 }));
    canvas.close();
  });
});

test("one pixel, one column and one row are exported", async () => {
  await inFolder(async (folder) => {
    for (const [width, height] of [
      [1, 1],
      [1, 3000],
      [9000, 1],
    ] as const) {
      const shape = shapeOf(width, height, 3, 8);
      const canvas = canvasOf(join(folder, "c.v"), shape);
      for (const format of ["jpeg", "png", "tiff", "webp"] as const) {
        const { probe, pixels } = await decode((await exported(canvas, folder, { format })).path);
        expect([probe.width, probe.height]).toEqual([width, height]);
        if (format === "png" || format === "tiff") expect(sameBytes(pixels, pixelsOf(shape))).toBe(true);
      }
      canvas.close();
    }
  });
});

test("the restart interval stays in its 16 bits on the widest JPEG", async () => {
  await inFolder(async (folder) => {
    for (const channels of [1, 3]) {
      const shape = shapeOf(65_500, 150, channels, 8);
      const canvas = canvasOf(join(folder, "c.v"), shape, new Uint8Array(65_500 * 150 * channels).fill(77));
      const path = join(folder, "out.jpeg");
      const spec = outputSpec({ format: "jpeg" });
      await createExport({ canvas, spec, metadata: NO_METADATA, path, concurrency: 2 }).finish();
      const { probe, pixels } = await decode(path);
      expect(probe.width).toBe(65_500);
      expect(pixels.every((v) => v === 77)).toBe(true);
      canvas.close();
    }
  });
});

test("an abort leaves nothing, whenever it comes", async () => {
  await inFolder(async (folder) => {
    const canvas = canvasOf(join(folder, "c.v"), shapeOf(301, 1203, 3, 8));
    for (const format of ["jpeg", "png", "tiff", "webp"] as const) {
      for (const rows of [0, 700, 1203]) {
        const path = join(folder, `out.${format}`);
        const exporter = createExport({
          canvas,
          spec: outputSpec({ format }),
          metadata: NO_METADATA,
          path,
          concurrency: 2,
        });
        exporter.rowsDone(rows);
        const finishing = rows === 1203 ? exporter.finish().catch((thrown: unknown) => thrown) : undefined;
        await exporter.abort();
        if (finishing) expect(await finishing).toMatchObject({ code: "job_cancelled" });
        expect(readdirSync(folder)).toEqual(["c.v"]);
      }
    }
    canvas.close();
  });
});

test("an abort after the end changes nothing", async () => {
  await inFolder(async (folder) => {
    const canvas = canvasOf(join(folder, "c.v"), shapeOf(30, 20, 3, 8));
    for (const format of ["jpeg", "tiff"] as const) {
      const path = join(folder, "out");
      const exporter = createExport({
        canvas,
        spec: outputSpec({ format }),
        metadata: NO_METADATA,
        path,
        concurrency: 1,
      });
      await exporter.finish();
      await exporter.abort();
      expect(existsSync(path)).toBe(true);
    }
    canvas.close();
  });
});

test("a path that cannot be written is told", async () => {
  await inFolder(async (folder) => {
    const canvas = canvasOf(join(folder, "c.v"), shapeOf(30, 20, 3, 8));
    for (const format of ["jpeg", "png", "tiff", "webp", "avif"] as const) {
      const path = join(folder, "missing", "out");
      const exporter = createExport({
        canvas,
        spec: outputSpec({ format }),
        metadata: NO_METADATA,
        path,
        concurrency: 1,
      });
      expect(await exporter.finish().catch((thrown: unknown) => thrown)).toMatchObject({
        code: "file_unwritable",
      });
    }
    canvas.close();
  });
});

test("strips: no more than `concurrency` at once, joined in order, a failure leaves nothing", async () => {
  await inFolder(async (folder) => {
    const canvas = canvasOf(join(folder, "c.v"), shapeOf(2, 100, 1, 8));
    const open = new Map<number, PromiseWithResolvers<string>>();
    const format: StripFormat<string> = {
      rows: 10,
      encode: (y) => {
        const strip = Promise.withResolvers<string>();
        open.set(y, strip);
        return strip.promise;
      },
      join: (strip, index, last) => [Buffer.from(`${index}:${strip}${last ? "." : ","}`)],
    };
    const path = join(folder, "out");
    const needs = { canvas, spec: outputSpec({}), metadata: NO_METADATA, path, concurrency: 3 };
    const exporter = new StripExport(needs, format);
    exporter.rowsDone(9);
    expect(open.size).toBe(0);
    exporter.rowsDone(25);
    expect([...open.keys()]).toEqual([0, 10]);
    exporter.rowsDone(100);
    expect([...open.keys()]).toEqual([0, 10, 20]);
    const finishing = exporter.finish();
    // the first strip is the slowest: others wait for it, but only so many
    let most = 0;
    for (let y = 10; open.has(y); y += 10) {
      open.get(y)!.resolve(`s${y}`);
      await new Promise(setImmediate);
      most = y;
    }
    expect(most).toBe(50);
    open.get(0)!.resolve("s0");
    for (let y = 60; y < 100; y += 10) {
      while (!open.has(y)) await new Promise(setImmediate);
      open.get(y)!.resolve(`s${y}`);
    }
    await finishing;
    expect(readFileSync(path, "utf8")).toBe("0:s0,1:s10,2:s20,3:s30,4:s40,5:s50,6:s60,7:s70,8:s80,9:s90.");

    open.clear();
    const failing = new StripExport(needs, format);
    failing.rowsDone(100);
    open.get(0)!.resolve("fine");
    open.get(10)!.reject(new TesseraError("disk_full"));
    open.get(20)!.resolve("fine");
    expect(await failing.finish().catch((thrown: unknown) => thrown)).toMatchObject({ code: "disk_full" });
    expect(readdirSync(folder)).toEqual(["c.v"]);
    canvas.close();
  });
});

test("output options: defaults, and each wrong one named", () => {
  expect(outputSpec({}, "gif").format).toBe("png");
  expect(outputSpec({}, "avif").format).toBe("avif");
  expect(outputSpec({ format: "jpeg" })).toEqual({
    format: "jpeg",
    quality: 90,
    effort: 0,
    metadata: "keep",
    lossless: false,
    background: "#ffffff",
  });
  const wrong: [string, object][] = [
    ["format", { format: "bmp" }],
    ["quality", { quality: 0 }],
    ["quality", { quality: 101 }],
    ["quality", { quality: 50.5 }],
    ["quality", { quality: "90" }],
    ["effort", { effort: 10 }],
    ["metadata", { metadata: "some" }],
    ["lossless", { lossless: 1 }],
    ["lossless", { format: "jpeg", lossless: true }],
    ["background", { background: "white" }],
    ["colour", { colour: 1 }],
  ];
  for (const [named, asked] of wrong) {
    let thrown: unknown;
    try {
      outputSpec(asked as Partial<OutputSpec>);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "output_invalid" });
    expect((thrown as TesseraError).detail).toContain(named);
  }
});

test("what a format cannot hold is refused before anything is written", () => {
  const refused = (format: OutputSpec["format"], width: number, height: number): boolean => {
    try {
      checkOutput(outputSpec({ format }), shapeOf(width, height, 3, 8));
      return false;
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: "output_too_large" });
      return true;
    }
  };
  expect(refused("jpeg", 65_500, 10)).toBe(false);
  expect(refused("jpeg", 65_501, 10)).toBe(true);
  expect(refused("webp", 10, 16_383)).toBe(false);
  expect(refused("webp", 10, 16_384)).toBe(true);
  expect(refused("webp", 16_000, 16_000)).toBe(true);
  expect(refused("avif", 9000, 9000)).toBe(true);
  expect(refused("png", 100_000, 100_000)).toBe(false);
  expect(refused("tiff", 100_000, 100_000)).toBe(false);
});

test("Adler-32 sums combine to that of the whole", () => {
  const bytes = Uint8Array.from({ length: 200_003 }, (_, i) => (i * 31 + (i >> 7)) & 255);
  for (const cut of [0, 1, 65_520, 65_521, 65_522, 150_000, 200_003]) {
    const [a, b] = [bytes.subarray(0, cut), bytes.subarray(cut)];
    expect(combineAdler(Bun.hash.adler32(a), Bun.hash.adler32(b), b.length)).toBe(Bun.hash.adler32(bytes));
  }
});

test("a process that has written a PNG ends by itself once the pool is closed", async () => {
  await inFolder(async (folder) => {
    const url = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
    const script = `
      import { Canvas } from ${url("master/canvas/canvas.ts")};
      import { createExport } from ${url("master/export/export.ts")};
      import { outputSpec } from ${url("master/export/output.ts")};
      import { closeCodecPool } from ${url("master/codec/pool.ts")};
      const canvas = Canvas.create("c.v", { width: 40, height: 30, channels: 3, depth: 8 });
      const metadata = { exif: undefined, icc: undefined, xmp: undefined };
      await createExport({ canvas, spec: outputSpec({ format: "png" }), metadata, path: "o.png", concurrency: 2 }).finish();
      await closeCodecPool();
      canvas.close();`;
    writeFileSync(join(folder, "one.ts"), script);
    const child = Bun.spawn([process.execPath, "one.ts"], { cwd: folder, stderr: "inherit" });
    expect(await child.exited).toBe(0);
    expect(existsSync(join(folder, "o.png"))).toBe(true);
  });
});
