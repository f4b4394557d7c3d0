/**
 * How much smaller a tile's payload is than its pixels, and what that costs one thread, beside zstd alone on the same
 * pixels: by turns, medians over the rounds of the mean over all tiles. Photographs say most; without any, made-up
 * pictures are taken, which are smoother than real ones.
 */
import { basename } from "node:path";
import sharp from "sharp";
import { wholePicture } from "../samples/picture.ts";
import type { PixelFormat, Rect } from "../shared/geometry.ts";
import { loadKernels } from "../shared/kernels/kernels.ts";
import { decodePayload, encodePayload } from "../shared/payload/payload.ts";
import { createRaster, type Raster, viewOf } from "../shared/raster.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { interleaved } from "./harness.ts";
import { type Metric, metricOf } from "./record.ts";
import { table } from "./report/table.ts";
import { slowed } from "./slow.ts";
import { median, pairwise } from "./stats.ts";
import { yardstick } from "./yardstick.ts";

export interface PayloadBench {
  /** Side of a tile in pixels. */
  readonly side: number;
  /** At most as many tiles of a picture, spread over it. */
  readonly tilesMax: number;
  readonly repeats: number;
  readonly warmups: number;
  /** By how much the codec is slowed down, to show that it is noticed. */
  readonly slower?: number;
  /** Photographs; made-up pictures if there is none. */
  readonly files: readonly string[];
}

/** Each tile's time in a round is the quickest of so many: whoever else wants the core can only make it slower. */
const SAMPLES = 3;

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
  const metrics: Metric[] = [];
  for await (const picture of pictures(options)) {
    const found = await measure(picture, options);
    rows.push(found.row);
    metrics.push(...found.metrics);
  }
  return { side: options.side, rows, metrics };
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

async function measure({ name, raster }: Picture, options: PayloadBench) {
  const kernels = loadKernels();
  const tiles = tilesOf(raster, options).map((rect) => {
    const tile = viewOf(raster, rect);
    const payload = encodePayload(kernels, tile);
    const { data } = decodePayload(kernels, payload, rect, raster.format);
    const pixels = data.slice() as Uint8Array<ArrayBuffer>;
    return { rect, tile, payload, pixels, plain: Bun.zstdCompressSync(pixels, { level: 1 }) };
  });
  const over =
    (run: (tile: (typeof tiles)[number]) => unknown, slower = 0) =>
    () =>
      tiles.reduce((sum, tile) => sum + least(slowed(() => run(tile), slower)), 0) / tiles.length;
  const [unit, encode, decode, plain, unplain] = await interleaved(
    [
      over(yardstick),
      over(({ tile }) => encodePayload(kernels, tile), options.slower),
      over(({ payload, rect }) => decodePayload(kernels, payload, rect, raster.format), options.slower),
      over(({ pixels }) => Bun.zstdCompressSync(pixels, { level: 1 })),
      over(({ plain }) => Bun.zstdDecompressSync(plain)),
    ],
    options,
  );
  const bytes = (of: (tile: (typeof tiles)[number]) => Uint8Array) =>
    tiles.reduce((sum, tile) => sum + of(tile).length, 0);
  const pixelBytes = bytes(({ pixels }) => pixels);
  const row: PayloadRow = {
    picture: name,
    tiles: tiles.length,
    ratio: pixelBytes / bytes(({ payload }) => payload),
    encodeMs: median(encode!),
    decodeMs: median(decode!),
    plainRatio: pixelBytes / bytes(({ plain }) => plain),
    plainEncodeMs: median(plain!),
    plainDecodeMs: median(unplain!),
  };
  const ratio = { unit: "×", better: "lower", kind: "ratio" } as const;
  const beside = (beside: string, values: number[], others: number[], what: string) =>
    metricOf({ id: `${what} over ${beside}/${name}`, ...ratio }, pairwise(values, others));
  const size = { id: `pixels over payload/${name}`, ...ratio, better: "higher" } as const;
  const metrics = [
    metricOf(size, [row.ratio]),
    beside("the yardstick", encode!, unit!, "encode"),
    beside("the yardstick", decode!, unit!, "decode"),
    beside("zstd", encode!, plain!, "encode"),
    beside("zstd", decode!, unplain!, "decode"),
    metricOf({ id: `encode/${name}`, unit: "ms a tile", better: "lower", kind: "absolute" }, encode!),
    metricOf({ id: `decode/${name}`, unit: "ms a tile", better: "lower", kind: "absolute" }, decode!),
  ];
  return { row, metrics };
}

function least(run: () => unknown): number {
  let ms = Number.POSITIVE_INFINITY;
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    run();
    ms = Math.min(ms, performance.now() - start);
  }
  return ms;
}

export function printPayload({
  side,
  rows,
}: Omit<Awaited<ReturnType<typeof benchPayload>>, "metrics">): string {
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

const EFFORTS = {
  quick: { side: 512, tilesMax: 2, repeats: 5, warmups: 4 },
  usual: { side: 512, tilesMax: 6, repeats: 7, warmups: 4 },
  full: { side: 512, tilesMax: 28, repeats: 11, warmups: 4 },
} as const;

export async function findPayload({ effort, repeats, files }: BenchOptions): Promise<Findings> {
  const options = { ...EFFORTS[effort], ...(repeats !== undefined && { repeats }), files };
  const { metrics, ...rows } = await benchPayload(options);
  return { metrics, rows, text: printPayload(rows) };
}
