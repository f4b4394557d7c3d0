/**
 * Deep Zoom images: level n is the whole picture, each level below it half as large, level 0 one pixel. Source: Microsoft,
 * Deep Zoom file format overview; OpenSeadragon, `DziTileSource`.
 */
import { intersect, isEmpty, type Rect, type Size, wholeOf } from "../../shared/geometry.ts";

/** Tiles have 510 pixels of their own and one more on each side, so that they fit together when they are scaled. */
const ZOOM_TILE = { size: 510, overlap: 1 } as const;

const NAMESPACE = "http://schemas.microsoft.com/deepzoom/2008";

export const levelsOf = ({ width, height }: Size): number => Math.ceil(Math.log2(Math.max(width, height)));

export function descriptor({ width, height }: Size, format: string): string {
  const { size, overlap } = ZOOM_TILE;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="${NAMESPACE}" Format="${format}" Overlap="${overlap}" TileSize="${size}">
  <Size Width="${width}" Height="${height}"/>
</Image>
`;
}

/** The rectangle of a tile in its level of `level` size; undefined if it has no such tile. */
export function zoomTile(level: Size, column: number, row: number): Rect | undefined {
  const { size, overlap } = ZOOM_TILE;
  const own: Rect = { x: column * size, y: row * size, width: size, height: size };
  if (isEmpty(intersect(own, wholeOf(level)))) return undefined;
  return intersect(
    { x: own.x - overlap, y: own.y - overlap, width: size + 2 * overlap, height: size + 2 * overlap },
    wholeOf(level),
  );
}
