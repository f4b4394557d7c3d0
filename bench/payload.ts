/**
 * How much smaller a tile's payload is than its pixels, and what that costs one thread, by each coding and by zstd alone
 * on the same pixels: by turns, medians over the rounds of the mean over all tiles. Photographs say most; without any,
 * made-up pictures are taken, which are smoother than real ones.
 */
import { basename } from "node:path";
import sharp from "sharp";
import { wholePicture } from "../samples/picture.ts";
import { bytesPerPixel, type PixelFormat, type Rect } from "../shared/geometry.ts";
import type { Kernels } from "../shared/kernels/kernels.ts";
import { type Coding, decodeInto, encodePayload, payloadBytesMax } from "../shared/payload/payload.ts";
import { copyRows, createRaster, type Raster, viewOf } from "../shared/raster.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { interleaved } from "./harness.ts";
import { inLayouts, LAYOUTS } from "./layouts.ts";
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
  /** See `inLayouts`. */
  readonly layouts: number;
  /** By how much the codec is slowed down, to show that it is noticed. */
  readonly slower?: number;
  /** Photographs; made-up pictures if there is none. */
  readonly files: readonly string[];
}

/** Each tile's time in a round is the quickest of so many: whoever else wants the core can only make it slower. */
const SAMPLES = 8;
const ZSTD = "zstd alone";

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
  const metrics: Metric[] = [];
  for await (const picture of pictures(options)) {
    const found = await measure(picture, options);
    rows.push(...found.rows);
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

interface Way {
  readonly coding: string;
  /** From a part of a picture to memory that was there before. */
  readonly encode: (tile: Raster) => Uint8Array;
  readonly decode: (payload: Uint8Array, tile: Raster) => void;
}

function wayOf(kernels: Kernels, coding: Coding, { rect, format }: Raster): Way {
  const target = new Uint8Array(payloadBytesMax(rect, format));
  const back = createRaster(rect, format);
  return {
    coding,
    encode: (tile) => encodePayload(kernels, tile, { coding, target }),
    decode: (payload, tile) => decodeInto(kernels, payload, { ...back, rect: tile.rect }),
  };
}

function zstdAlone({ rect, format }: Raster): Way {
  const { data: pixels, stride } = createRaster(rect, format);
  return {
    coding: ZSTD,
    encode: (tile) => {
      copyRows({ data: pixels, at: 0, stride }, { ...tile, at: 0 }, stride, rect.height);
      return Bun.zstdCompressSync(pixels, { level: 1 });
    },
    decode: (payload) => Bun.zstdDecompressSync(payload as Uint8Array<ArrayBuffer>),
  };
}

async function measure({ name, raster }: Picture, options: PayloadBench) {
  const rects = tilesOf(raster, options);
  const tiles = rects.map((rect) => viewOf(raster, rect));
  const first = tiles[0]!;
  const ofCoding = (coding: Coding) => inLayouts(options.layouts, (kernels) => wayOf(kernels, coding, first));
  const ways = [ofCoding("fast"), ofCoding("small"), [zstdAlone(first)]];
  const packed = ways.map(([way]) => tiles.map((tile) => way!.encode(tile).slice()));
  const over = (runs: readonly ((tile: number) => unknown)[]) => () =>
    tiles.reduce((sum, _, tile) => sum + least(runs.map((run) => () => run(tile))), 0) / tiles.length;
  const [unit, ...times] = await interleaved(
    [
      over([yardstick]),
      ...ways.flatMap((layouts, way) => {
        const slower = layouts[0]!.coding === ZSTD ? 0 : (options.slower ?? 0);
        const encodes = layouts.map(
          ({ encode }) =>
            (tile: number) =>
              encode(tiles[tile]!),
        );
        const decodes = layouts.map(
          ({ decode }) =>
            (tile: number) =>
              decode(packed[way]![tile]!, tiles[tile]!),
        );
        return [encodes, decodes].map((runs) =>
          over(runs.map((run) => (tile) => slowed(() => run(tile), slower)())),
        );
      }),
    ],
    options,
  );
  const { width, height } = rects[0]!;
  const pixelBytes = rects.length * width * height * bytesPerPixel(raster.format);
  const rows: PayloadRow[] = ways.map(([layout], way) => ({
    ...{ picture: name, coding: layout!.coding, tiles: rects.length },
    ratio: pixelBytes / packed[way]!.reduce((sum, payload) => sum + payload.length, 0),
    encodeMs: median(times[2 * way]!),
    decodeMs: median(times[2 * way + 1]!),
  }));
  return { rows, metrics: metricsOf(rows, unit!, times) };
}

/** `times` are those of encoding and decoding, row by row, the last row's being zstd alone. */
function metricsOf(
  rows: readonly PayloadRow[],
  unit: readonly number[],
  times: readonly number[][],
): Metric[] {
  const ratio = { unit: "×", better: "lower", kind: "ratio" } as const;
  const ms = { unit: "ms a tile", better: "lower", kind: "absolute" } as const;
  const plain = times.slice(-2);
  return rows.slice(0, -1).flatMap(({ picture, coding, ratio: size }, row) => {
    const label = `${picture}, ${coding}`;
    const both = (["encode", "decode"] as const).flatMap((what, i) => {
      const own = times[2 * row + i]!;
      return [
        metricOf({ id: `${what} over the yardstick/${label}`, ...ratio }, pairwise(own, unit)),
        metricOf({ id: `${what} over zstd/${label}`, ...ratio }, pairwise(own, plain[i]!)),
        metricOf({ id: `${what}/${label}`, ...ms }, own),
      ];
    });
    return [metricOf({ id: `pixels over payload/${label}`, ...ratio, better: "higher" }, [size]), ...both];
  });
}

/** Milliseconds of the quickest. */
function least(runs: readonly (() => unknown)[]): number {
  let ms = Number.POSITIVE_INFINITY;
  for (let i = 0; i < Math.max(1, SAMPLES / runs.length); i++)
    for (const run of runs) {
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
    row.coding,
    row.tiles,
    row.ratio.toFixed(2),
    row.encodeMs.toFixed(2),
    row.decodeMs.toFixed(2),
  ]);
  const header = ["", "coding", "tiles", "ratio", "encode ms", "decode ms"];
  return [`One tile of ${side} × ${side}, one thread`, table(header, body)].join("\n");
}

const EFFORTS = {
  quick: { side: 512, tilesMax: 2, repeats: 5, warmups: 4 },
  usual: { side: 512, tilesMax: 6, repeats: 7, warmups: 4 },
  full: { side: 512, tilesMax: 28, repeats: 11, warmups: 4 },
} as const;

export async function findPayload({ effort, repeats, files }: BenchOptions): Promise<Findings> {
  const options = { layouts: LAYOUTS, ...EFFORTS[effort], ...(repeats !== undefined && { repeats }), files };
  const { metrics, ...rows } = await benchPayload(options);
  return { metrics, rows, text: printPayload(rows) };
}
