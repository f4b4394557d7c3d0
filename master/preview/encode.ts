import type { PreviewFormat } from "../../shared/api/routes/pictures.ts";
import { bytesPerPixel, hasAlpha, type Rect, type Size } from "../../shared/geometry.ts";
import type { Raster } from "../../shared/raster.ts";
import { loadSharp } from "../codec/sharp.ts";
import type { Orientation } from "../probe/types.ts";

export interface Encoding {
  readonly format: PreviewFormat;
  /** 1–100, for JPEG and WebP. */
  readonly quality?: number;
  /** It is made smaller to fit, never larger. */
  readonly fit?: Size;
  /** How the pixels are turned to be upright; 1 if left out. */
  readonly orientation?: Orientation;
}

export const PREVIEW_QUALITY = 80;
/** What is not there, and what is transparent, in JPEG. */
export const GROUND = "#ffffff";
/**
 * What each format takes to be written quickly, since somebody waits. JPEG with tables made for the picture takes three
 * times as long and is smaller by a hundredth.
 */
export const QUICK: Readonly<Record<PreviewFormat, (quality: number) => object>> = {
  jpeg: (quality) => ({ quality, optimiseCoding: false }),
  webp: (quality) => ({ quality, effort: 0 }),
  png: () => ({ compressionLevel: 1 }),
};
/** As EXIF counts them: turns clockwise, then whether it is mirrored. Source: JEITA CP-3451 (Exif 2.3), tag 274. */
const TURNS: Readonly<Record<Orientation, readonly [angle: number, mirrored?: "flop" | "flip"]>> = {
  1: [0],
  2: [0, "flop"],
  3: [180],
  4: [0, "flip"],
  5: [90, "flop"],
  6: [90],
  7: [270, "flop"],
  8: [270],
};

/** Pixels as a small image file of 8 bits. What is `missing` of them (as they are stored) becomes transparent. */
export async function encodeImage(
  raster: Raster,
  missing: readonly Rect[],
  { format, quality = PREVIEW_QUALITY, fit, orientation = 1 }: Encoding,
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = raster.rect;
  const eight = toEightBits(raster);
  const { data, channels } = missing.length > 0 ? withHoles(eight, missing) : eight;
  const [angle, mirrored] = TURNS[orientation];
  const sharp = await loadSharp();
  let image = sharp(data, { raw: { width, height, channels: channels as 1 } });
  if (angle !== 0) image = image.rotate(angle);
  if (fit !== undefined) image = image.resize({ ...fit, fit: "inside", withoutEnlargement: true });
  if (mirrored === "flop") image = image.flop();
  if (mirrored === "flip") image = image.flip();
  const alpha = channels === 2 || channels === 4;
  if (format === "jpeg" && alpha) image = image.flatten({ background: GROUND });
  return new Uint8Array(await image.toFormat(format, QUICK[format](quality)).toBuffer());
}

interface Eight {
  readonly data: Uint8Array;
  readonly channels: number;
  readonly rect: Rect;
}

/** The upper byte of each sample, rows packed. */
function toEightBits({ data, rect, format }: Raster): Eight {
  const { channels, depth } = format;
  if (depth === 8) return { data, channels, rect };
  const out = new Uint8Array(rect.width * rect.height * channels);
  for (let i = 0; i < out.length; i++) out[i] = data[2 * i + 1]!;
  return { data: out, channels, rect };
}

function withHoles({ data, channels, rect }: Eight, missing: readonly Rect[]): Eight {
  const there = hasAlpha({ channels: channels as 1, depth: 8 })
    ? { data: new Uint8Array(data), channels }
    : withAlpha(data, channels, rect.width * rect.height);
  const pixel = bytesPerPixel({ channels: there.channels as 1, depth: 8 });
  for (const { x, y, width, height } of missing)
    for (let row = y - rect.y; row < y - rect.y + height; row++) {
      const at = (row * rect.width + x - rect.x) * pixel;
      there.data.fill(0, at, at + width * pixel);
    }
  return { ...there, rect };
}

function withAlpha(
  data: Uint8Array,
  channels: number,
  pixels: number,
): { data: Uint8Array; channels: number } {
  const out = new Uint8Array(pixels * (channels + 1));
  for (let i = 0, from = 0, to = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) out[to++] = data[from++]!;
    out[to++] = 255;
  }
  return { data: out, channels: channels + 1 };
}
