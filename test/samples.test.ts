import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { bands, Picture, type PictureSpec, wholePicture } from "../samples/picture.ts";
import { tiffHeader } from "../samples/tiff.ts";
import { writePicture } from "../samples/write.ts";
import { bytesPerPixel, type Channels, type Depth } from "../shared/geometry.ts";

const SHAPES: readonly [Channels, Depth][] = [1, 2, 3, 4].flatMap((channels) =>
  [8, 16].map((depth): [Channels, Depth] => [channels as Channels, depth as Depth]),
);

const spec = (channels: Channels, depth: Depth, width = 331, height = 197): PictureSpec => ({
  width,
  height,
  channels,
  depth,
  seed: 5,
});

/** Decodes by libvips. Gray comes as three equal channels, since sharp's raw output of gray loses its alpha. */
async function decode(path: string, { channels, depth }: PictureSpec) {
  const { data, info } = await sharp(path)
    .toColourspace(depth === 8 ? "srgb" : "rgb16")
    .raw({ depth: depth === 8 ? "uchar" : "ushort" })
    .toBuffer({ resolveWithObject: true });
  if (channels >= 3) return { pixels: data, info };
  const sample = depth >> 3;
  const kept = channels === 1 ? [0] : [0, 3];
  const pixel = (i: number) =>
    kept.map((c) => data.subarray((i * info.channels + c) * sample, (i * info.channels + c + 1) * sample));
  const pixels = Buffer.concat(Array.from({ length: info.width * info.height }, (_, i) => pixel(i)).flat());
  return { pixels, info };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tessera-samples-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a sample picture", () => {
  test("is the same each time that it is made, and another with another seed", () => {
    for (const [channels, depth] of SHAPES) {
      const made = Bun.hash(wholePicture(spec(channels, depth)));
      expect(Bun.hash(wholePicture(spec(channels, depth)))).toBe(made);
      expect(Bun.hash(wholePicture({ ...spec(channels, depth), seed: 6 }))).not.toBe(made);
    }
  });

  test("is the same picture as ever", () => {
    const known = SHAPES.map(([channels, depth]) =>
      Bun.hash.crc32(wholePicture(spec(channels, depth, 700, 500))),
    );
    expect(known).toEqual([
      1931241527, 1333774738, 3731489004, 1580690816, 3059162746, 1339838804, 3392345307, 2418254506,
    ]);
  });

  test("is the same band by band as at once, and its rows can be made in any order", () => {
    for (const [channels, depth] of SHAPES) {
      const whole = wholePicture(spec(channels, depth));
      const joined = Array.from(bands(spec(channels, depth), 23), ({ bytes }) => bytes.slice());
      expect(Buffer.concat(joined).equals(whole)).toBe(true);

      const picture = new Picture(spec(channels, depth));
      const rowBytes = 331 * bytesPerPixel({ channels, depth });
      for (const y of [196, 0, 100, 3]) {
        const row = new Uint8Array(rowBytes);
        picture.fill(y, 1, row);
        expect(Buffer.from(row).equals(whole.subarray(y * rowBytes, (y + 1) * rowBytes))).toBe(true);
      }
    }
  });

  test("of smaller size is the corner of the larger one", () => {
    const small = wholePicture(spec(3, 8, 90, 40));
    const large = wholePicture(spec(3, 8, 1500, 60));
    for (let y = 0; y < 40; y++) {
      const row = large.subarray(y * 4500, y * 4500 + 270);
      expect(Buffer.from(row).equals(small.subarray(y * 270, y * 270 + 270))).toBe(true);
    }
  });

  test("of 8 bits is the upper half of the one of 16", () => {
    for (const channels of [1, 2, 3, 4] as const) {
      const low = wholePicture(spec(channels, 8));
      const high = new Uint16Array(wholePicture(spec(channels, 16)).buffer);
      expect(Buffer.from(high.map((sample) => sample >> 8)).equals(low)).toBe(true);
    }
  });

  test("uses the range, and has opaque, clear and half-clear parts", () => {
    const pixels = wholePicture(spec(4, 8, 1600, 1600));
    const alphas = new Set<number>();
    const greens = new Set<number>();
    for (let i = 0; i < pixels.length; i += 4) {
      greens.add(pixels[i + 1]!);
      alphas.add(pixels[i + 3]!);
    }
    expect(greens.size).toBeGreaterThan(100);
    expect(alphas.size).toBeGreaterThan(200);
    expect(alphas.has(0) && alphas.has(255)).toBe(true);
  });
});

describe("a written picture", () => {
  for (const ending of ["tiff", "png"]) {
    test(`as ${ending} decodes to the same pixels`, async () => {
      for (const [channels, depth] of SHAPES) {
        const path = join(folder, `${channels}-${depth}.${ending}`);
        await writePicture(path, spec(channels, depth));
        const { pixels, info } = await decode(path, spec(channels, depth));
        expect(info).toMatchObject({ width: 331, height: 197 });
        expect(pixels.equals(wholePicture(spec(channels, depth)))).toBe(true);
      }
    });
  }

  test("in several strips, one row high or one column wide, decodes to the same pixels", async () => {
    for (const [width, height] of [
      [1400, 700],
      [1, 1],
      [1, 3000],
      [3000, 1],
    ] as const) {
      const path = join(folder, `${width}x${height}.tif`);
      await writePicture(path, spec(3, 8, width, height));
      expect((await sharp(path).raw().toBuffer()).equals(wholePicture(spec(3, 8, width, height)))).toBe(true);
    }
  });

  test("as JPEG looks like itself and leaves nothing else behind", async () => {
    const path = join(folder, "a.jpg");
    await writePicture(path, spec(3, 8), { quality: 95 });
    const decoded = await sharp(path).raw().toBuffer();
    const made = wholePicture(spec(3, 8));
    const error = made.reduce((sum, sample, i) => sum + Math.abs(sample - decoded[i]!), 0) / made.length;
    expect(error).toBeLessThan(6);
    const files = [...new Bun.Glob("a.jpg*").scanSync(folder)];
    expect(files).toEqual(["a.jpg"]);
  });

  test("above 4 GiB is a BigTIFF", () => {
    expect(tiffHeader(spec(3, 8, 35_000, 30_000)).readUInt16LE(2)).toBe(42);
    expect(tiffHeader(spec(3, 16, 35_000, 30_000)).readUInt16LE(2)).toBe(43);
  });
});
