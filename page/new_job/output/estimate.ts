/** How large a result would be, judged by a few pieces of it that are written as it would be. */
import { formatLike, type OutputFormat, QUALITY } from "../../../shared/api/output.ts";
import type { Rect, Size } from "../../../shared/geometry.ts";
import type { Options } from "../recipe.ts";

export interface Estimate {
  readonly least: number;
  readonly most: number;
}

/** Side of a piece, and how many along the picture's diagonals: enough for sky and grass. */
const SIDE = 512;
/** What a file of one pixel takes: headers and tables, which a large file has once, too. */
const HEAD_BYTES = 700;

/** Formats that pieces can be written in. PNG and TIFF are packed alike. */
const PIECES: Partial<Record<OutputFormat, "jpeg" | "webp" | "png">> = {
  ...{ jpeg: "jpeg", webp: "webp", png: "png", tiff: "png" },
};

export interface Piece {
  readonly region: Rect;
  readonly format: "jpeg" | "webp" | "png";
  readonly quality: number;
}

/** The format of the result of a file. */
export const formatOf = ({ format }: Options, sourceType: string): OutputFormat =>
  format ?? formatLike(sourceType.replace("image/", "").replace("jpg", "jpeg"));

/** Pieces to be looked at; none for a format of which no piece can be had. */
export function piecesOf(result: Size, options: Options, sourceType: string): readonly Piece[] {
  const wanted = formatOf(options, sourceType);
  const format = PIECES[wanted];
  if (format === undefined || (options.lossless === true && format !== "png")) return [];
  const quality = options.quality ?? QUALITY[wanted];
  return placesIn(result).map((region) => ({ region, format, quality }));
}

/** The whole of a small picture; of a large one its middle and a piece halfway to each of two corners. */
function placesIn({ width, height }: Size): Rect[] {
  if (width * height <= 2 * SIDE * SIDE && Math.max(width, height) <= 2048)
    return [{ x: 0, y: 0, width, height }];
  const [wide, high] = [Math.min(SIDE, width), Math.min(SIDE, height)];
  return [0.2, 0.5, 0.8].map((share, i) => ({
    ...{ x: Math.round((width - wide) * share), y: Math.round((height - high) * [0.3, 0.75, 0.5][i]!) },
    ...{ width: wide, height: high },
  }));
}

/** Between what all would take if all were like the plainest and like the busiest piece, drawn in to their mean. */
export function estimateFrom(
  result: Size,
  pieces: readonly { readonly region: Rect; readonly bytes: number }[],
): Estimate {
  const perPixel = pieces.map(
    ({ region, bytes }) => Math.max(20, bytes - HEAD_BYTES) / (region.width * region.height),
  );
  const mean = perPixel.reduce((sum, each) => sum + each, 0) / perPixel.length;
  const total = (share: number) => HEAD_BYTES + share * result.width * result.height;
  const drawnIn = (share: number) => total((share + mean) / 2);
  return { least: drawnIn(Math.min(...perPixel)), most: drawnIn(Math.max(...perPixel)) };
}
