import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import sharp from "sharp";
import { closeCodecPool } from "../../master/codec/pool.ts";
import { uprightExif } from "../../master/export/exif.ts";
import { createExport } from "../../master/export/export.ts";
import { outputSpec } from "../../master/export/output.ts";
import { probe } from "../../master/probe/probe.ts";
import type { ImageMetadata, Probe } from "../../master/probe/types.ts";
import type { Shape } from "../../shared/geometry.ts";
import { inFolder } from "../support/folder.ts";
import { canvasOf, LIMITS, shapeOf, sharpOf } from "./pictures.ts";

afterAll(closeCodecPool);

const COLOUR = shapeOf(40, 30, 3, 8);
const XMP =
  '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" tiff:Make="Tessera"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>';

/** A JPEG with all three blocks, turned. */
const source = (): Promise<Buffer> =>
  sharpOf(COLOUR)
    .withIccProfile("p3")
    .withExif({ IFD0: { Copyright: "A. Nobody" }, IFD2: { FNumber: "28/10" } })
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Copyright: "A. Nobody" } })
    .withIccProfile("p3")
    .withXmp(XMP)
    .jpeg()
    .toBuffer();

async function metadataOfSource(folder: string): Promise<ImageMetadata> {
  const path = join(folder, "source.jpg");
  await Bun.write(path, await source());
  const probed = await probe(path, LIMITS);
  expect(probed.orientation).toBe(6);
  return probed.metadata;
}

async function written(
  folder: string,
  format: "jpeg" | "png" | "webp" | "avif" | "tiff",
  keep: boolean,
  metadata: ImageMetadata,
  shape: Shape = COLOUR,
): Promise<Probe> {
  const canvas = canvasOf(join(folder, "c.v"), shape);
  const path = join(folder, `out.${format}`);
  const spec = outputSpec({ format, metadata: keep ? "keep" : "strip", effort: 0 });
  await createExport({ canvas, spec, metadata, path, concurrency: 2 }).finish();
  canvas.close();
  return probe(path, LIMITS);
}

for (const format of ["jpeg", "png", "webp", "avif", "tiff"] as const) {
  test(`${format}: metadata is kept upright, or stripped except for the profile`, async () => {
    await inFolder(async (folder) => {
      const metadata = await metadataOfSource(folder);
      expect(metadata.exif?.includes("A. Nobody")).toBe(true);
      const kept = await written(folder, format, true, metadata);
      expect(kept.orientation).toBe(1);
      expect(kept.metadata.icc?.equals(metadata.icc!)).toBe(true);
      expect(kept.metadata.xmp?.includes('tiff:Make="Tessera"')).toBe(true);
      expect(kept.metadata.xmp?.includes('tiff:Orientation="6"')).toBe(false);
      // in a TIFF it is no block
      if (format !== "tiff") expect(kept.metadata.exif?.includes("A. Nobody")).toBe(true);
      const stripped = await written(folder, format, false, metadata);
      expect(stripped.metadata.exif).toBeUndefined();
      expect(stripped.metadata.xmp).toBeUndefined();
      expect(stripped.metadata.icc?.equals(metadata.icc!)).toBe(true);
    });
  });

  test(`${format}: a colour profile is left out of a gray result`, async () => {
    await inFolder(async (folder) => {
      const metadata = await metadataOfSource(folder);
      const gray = await written(folder, format, true, metadata, shapeOf(40, 30, 1, 8));
      expect(gray.hasIcc).toBe(false);
    });
  });
}

test("a profile larger than a segment goes into several", async () => {
  await inFolder(async (folder) => {
    const { icc } = await metadataOfSource(folder);
    const large = Buffer.concat([icc!, Buffer.alloc(150_000, 7)]);
    large.writeUInt32BE(large.length, 0);
    const { metadata } = await written(folder, "jpeg", false, {
      exif: undefined,
      icc: large,
      xmp: undefined,
    });
    expect(metadata.icc?.equals(large)).toBe(true);
  });
});

/** A minimal EXIF block: orientation 8 in IFD0, a thumbnail in IFD1. */
function exifBlock(little: boolean): Buffer {
  const b = Buffer.alloc(8 + 2 + 12 + 4 + 2 + 24 + 4 + 16);
  const u16 = (v: number, at: number) => (little ? b.writeUInt16LE(v, at) : b.writeUInt16BE(v, at));
  const u32 = (v: number, at: number) => (little ? b.writeUInt32LE(v, at) : b.writeUInt32BE(v, at));
  const entry = (at: number, tag: number, type: number, value: number) => {
    u16(tag, at);
    u16(type, at + 2);
    u32(1, at + 4);
    if (type === 3) u16(value, at + 8);
    else u32(value, at + 8);
  };
  b.write(little ? "II" : "MM", "latin1");
  u16(42, 2);
  u32(8, 4);
  u16(1, 8);
  entry(10, 0x0112, 3, 8);
  u32(26, 22);
  u16(2, 26);
  entry(28, 0x0201, 4, 56);
  entry(40, 0x0202, 4, 16);
  b.fill("THUMBNAIL-PIXELS", 56);
  return b;
}

test("EXIF is set upright and loses its thumbnail, in both byte orders", () => {
  for (const little of [true, false]) {
    const block = exifBlock(little);
    const upright = uprightExif(block)!;
    expect(block.includes("THUMBNAIL")).toBe(true); // the source stays as it was
    expect(upright.includes("THUMBNAIL")).toBe(false);
    expect(little ? upright.readUInt16LE(18) : upright.readUInt16BE(18)).toBe(1);
    expect(upright.readUInt32LE(22)).toBe(0);
  }
});

test("damaged EXIF is left out", () => {
  expect(uprightExif(Buffer.from("not a TIFF stream"))).toBeUndefined();
  for (let length = 0; length < 26; length++)
    expect(uprightExif(exifBlock(true).subarray(0, length))).toBeUndefined();
  const wild = exifBlock(true);
  wild.writeUInt32LE(0xfffffff0, 4);
  expect(uprightExif(wild)).toBeUndefined();
});

test("metadata is attached to a canvas once, and pixels stay", async () => {
  await inFolder(async (folder) => {
    const metadata = await metadataOfSource(folder);
    const canvas = canvasOf(join(folder, "c.v"), COLOUR);
    const path = join(folder, "out.webp");
    for (let i = 0; i < 2; i++) {
      await createExport({
        canvas,
        spec: outputSpec({ format: "webp", lossless: true }),
        metadata,
        path,
        concurrency: 1,
      }).finish();
    }
    canvas.close();
    const text = await Bun.file(join(folder, "c.v")).text();
    expect(text.split("icc-profile-data").length).toBe(2);
    const [a, b] = await Promise.all([
      sharp(path).keepIccProfile().raw().toBuffer(),
      sharpOf(COLOUR).raw().toBuffer(),
    ]);
    expect(a.length).toBe(b.length);
  });
});
