/**
 * How much smaller a tile's payload is than its pixels, and what that costs one thread, by each coding and by zstd alone
 * on the same pixels: each tile in turn by all of them, medians over all tiles and repeats. Photographs say most; without
 * any, made-up pictures are taken, which are smoother than real ones.
 */
import { basename } from "node:path";
import sharp from "sharp";
import { wholePicture } from "../samples/picture.ts";
import { bytesPerPixel, type PixelFormat, type Rect } from "../shared/geometry.ts";
import { type Kernels, loadKernels } from "../shared/kernels/kernels.ts";
import { type Coding, decodeInto, encodePayload, payloadBytesMax } from "../shared/payload/payload.ts";
import { copyRows, createRaster, type Raster, viewOf } from "../shared/raster.ts";
import { environment, median, table } from "./harness.ts";

export interface PayloadBench {
  /** Side of a tile in pixels. */
  readonly side: number;
  /** At most as many tiles of a picture, spread over it. */
  readonly tilesMax: number;
  readonly repeats: number;
  readonly warmups: number;
  /** Photographs; made-up pictures if there is none. */
  readonly files: readonly string[];
}

export const PAYLOAD_FULL: Omit<PayloadBench, "files"> = { side: 512, tilesMax: 28, repeats: 5, warmups: 2 };

const MADE_UP: readonly (PixelFormat & { readonly name: string })[] = [
  { name: "gray8", channels: 1, depth: 8 },
  { name: "RGB8", channels: 3, depth: 8 },
  { name: "RGBA8", channels: 4, depth: 8 },
  { name: "RGB16", channels: 3, depth: 16 },
];

interface Picture {
  readonly name: string;
  readonly raster: Raster;
}

export interface PayloadRow {
  readonly picture: string;
  readonly coding: string;
  readonly tiles: number;
  readonly ratio: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
}

export async function benchPayload(options: PayloadBench) {
  const rows: PayloadRow[] = [];
  for await (const picture of pictures(options)) rows.push(...rowsOf(picture, options));
  return { environment: environment(), side: options.side, rows };
}

async function* pictures({ files, side }: PayloadBench): AsyncGenerator<Picture> {
  for (const file of files) {
    const { data, info } = await sharp(file)
      .removeAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    yield {
      name: basename(file),
      raster: rasterOf(data, info.width, info.height, { channels: 3, depth: 8 }),
    };
  }
  if (files.length > 0) return;
  const [width, height] = [3 * side, 2 * side];
  for (const { name, ...format } of MADE_UP)
    yield {
      name,
      raster: rasterOf(wholePicture({ width, height, ...format, seed: 1 }), width, height, format),
    };
}

function rasterOf(data: Uint8Array, width: number, height: number, format: PixelFormat): Raster {
  const raster = createRaster({ x: 0, y: 0, width, height }, format);
  raster.data.set(data);
  return raster;
}

/** Whole tiles of a picture (or all of a smaller one), `tilesMax` at most. */
function tilesOf({ rect }: Raster, { side, tilesMax }: PayloadBench): Rect[] {
  const [width, height] = [Math.min(side, rect.width), Math.min(side, rect.height)];
  const all: Rect[] = [];
  for (let y = 0; y + height <= rect.height; y += height)
    for (let x = 0; x + width <= rect.width; x += width) all.push({ x, y, width, height });
  const step = Math.max(1, all.length / tilesMax);
  return Array.from({ length: Math.min(tilesMax, all.length) }, (_, i) => all[Math.floor(i * step)]!);
}

interface Way {
  readonly coding: string;
  /** From a part of a picture to memory that was there before. */
  readonly encode: (tile: Raster) => Uint8Array;
  readonly decode: (payload: Uint8Array, tile: Raster) => void;
}

function waysOf(kernels: Kernels, rect: Rect, format: PixelFormat): Way[] {
  const target = new Uint8Array(payloadBytesMax(rect, format));
  const back = createRaster(rect, format);
  const pixels = new Uint8Array(back.data.length);
  const by = (coding: Coding): Way => ({
    coding,
    encode: (tile) => encodePayload(kernels, tile, { coding, target }),
    decode: (payload, tile) => decodeInto(kernels, payload, { ...back, rect: tile.rect }),
  });
  const zstd: Way = {
    coding: "zstd alone",
    encode: (tile) => {
      const { stride } = back;
      copyRows({ data: pixels, at: 0, stride }, { ...tile, at: 0 }, stride, rect.height);
      return Bun.zstdCompressSync(pixels, { level: 1 });
    },
    decode: (payload) => Bun.zstdDecompressSync(payload as Uint8Array<ArrayBuffer>),
  };
  return [by("fast"), by("small"), zstd];
}

function rowsOf({ name, raster }: Picture, options: PayloadBench): PayloadRow[] {
  const rects = tilesOf(raster, options);
  const measured = waysOf(loadKernels(), rects[0]!, raster.format).map((way) => ({
    ...way,
    encodeMs: [] as number[],
    decodeMs: [] as number[],
    bytes: 0,
  }));
  for (let i = 0; i < options.warmups + options.repeats; i++)
    for (const rect of rects) {
      const tile = viewOf(raster, rect);
      for (const way of measured) {
        const start = performance.now();
        const payload = way.encode(tile);
        const between = performance.now();
        way.decode(payload, tile);
        const end = performance.now();
        if (i < options.warmups) continue;
        way.encodeMs.push(between - start);
        way.decodeMs.push(end - between);
        way.bytes += payload.length;
      }
    }
  const { width, height } = rects[0]!;
  const pixelBytes = options.repeats * rects.length * width * height * bytesPerPixel(raster.format);
  return measured.map(({ coding, bytes, encodeMs, decodeMs }) => ({
    picture: name,
    coding,
    tiles: rects.length,
    ratio: pixelBytes / bytes,
    encodeMs: median(encodeMs),
    decodeMs: median(decodeMs),
  }));
}

export function printPayload({ side, rows }: Awaited<ReturnType<typeof benchPayload>>): string {
  const body = rows.map((row) => [
    row.picture,
    row.coding,
    row.tiles,
    row.ratio.toFixed(2),
    row.encodeMs.toFixed(2),
    row.decodeMs.toFixed(2),
  ]);
  const header = ["", "coding", "tiles", "ratio", "encode ms", "decode ms"];
  return [`One tile of ${side} × ${side}, one thread`, table(header, body)].join("\n");
}
