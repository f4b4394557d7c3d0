/**
 * How much smaller a tile's payload is than its pixels, and what that costs one thread, beside zstd alone on the same
 * pixels: each tile in turn by both, medians over all tiles and repeats. Photographs say most; without any, made-up
 * pictures are taken, which are smoother than real ones.
 */
import { basename } from "node:path";
import sharp from "sharp";
import { wholePicture } from "../samples/picture.ts";
import type { PixelFormat, Rect } from "../shared/geometry.ts";
import { loadKernels } from "../shared/kernels/kernels.ts";
import { decodePayload, encodePayload } from "../shared/payload/payload.ts";
import { createRaster, type Raster, viewOf } from "../shared/raster.ts";
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
  readonly tiles: number;
  readonly ratio: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly plainRatio: number;
  readonly plainEncodeMs: number;
  readonly plainDecodeMs: number;
}

export async function benchPayload(options: PayloadBench) {
  const rows: PayloadRow[] = [];
  for await (const picture of pictures(options)) rows.push(rowOf(picture, options));
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

function rowOf({ name, raster }: Picture, options: PayloadBench): PayloadRow {
  const kernels = loadKernels();
  const rects = tilesOf(raster, options);
  const times = {
    encode: [] as number[],
    decode: [] as number[],
    plain: [] as number[],
    unplain: [] as number[],
  };
  let [pixelBytes, payloadBytes, plainBytes] = [0, 0, 0];
  for (let i = 0; i < options.warmups + options.repeats; i++) {
    for (const rect of rects) {
      const tile = viewOf(raster, rect);
      const counted = i >= options.warmups;
      const timed = <T>(into: number[], run: () => T): T => {
        const start = performance.now();
        const result = run();
        if (counted) into.push(performance.now() - start);
        return result;
      };
      const payload = timed(times.encode, () => encodePayload(kernels, tile));
      const { data } = timed(times.decode, () => decodePayload(kernels, payload, rect, raster.format));
      const plain = timed(times.plain, () =>
        Bun.zstdCompressSync(data as Uint8Array<ArrayBuffer>, { level: 1 }),
      );
      timed(times.unplain, () => Bun.zstdDecompressSync(plain));
      pixelBytes += data.length;
      payloadBytes += payload.length;
      plainBytes += plain.length;
    }
  }
  return {
    picture: name,
    tiles: rects.length,
    ratio: pixelBytes / payloadBytes,
    encodeMs: median(times.encode),
    decodeMs: median(times.decode),
    plainRatio: pixelBytes / plainBytes,
    plainEncodeMs: median(times.plain),
    plainDecodeMs: median(times.unplain),
  };
}

export function printPayload({ side, rows }: Awaited<ReturnType<typeof benchPayload>>): string {
  const body = rows.map((row) => [
    row.picture,
    row.tiles,
    row.ratio.toFixed(2),
    row.encodeMs.toFixed(2),
    row.decodeMs.toFixed(2),
    row.plainRatio.toFixed(2),
    row.plainEncodeMs.toFixed(2),
    row.plainDecodeMs.toFixed(2),
  ]);
  const header = ["", "tiles", "ratio", "encode ms", "decode ms", "zstd ratio", "zstd ms", "unzstd ms"];
  return [`One tile of ${side} × ${side}, one thread`, table(header, body)].join("\n");
}
