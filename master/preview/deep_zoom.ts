/**
 * Deep Zoom images: level n is the whole picture, each level below it half as large, level 0 one pixel. Source: Microsoft,
 * Deep Zoom file format overview; OpenSeadragon, `DziTileSource`.
 */
import { grow, intersect, isEmpty, type Rect, type Size, wholeOf } from "../../shared/geometry.ts";

/** Side of a tile without what it overlaps. */
const TILE_SIZE = 510;

/** A picture as deep zoom sees it. */
export interface ZoomPicture extends Size {
  /** Whether pixels may be half transparent. */
  readonly hasAlpha: boolean;
}

/**
 * Tiles have one pixel more on each side, so that they fit together when they are scaled. But where pixels are half
 * transparent that would be seen: what lies in two tiles is drawn twice.
 */
const overlapOf = ({ hasAlpha }: ZoomPicture): number => (hasAlpha ? 0 : 1);

const NAMESPACE = "http://schemas.microsoft.com/deepzoom/2008";

export const levelsOf = ({ width, height }: Size): number => Math.ceil(Math.log2(Math.max(width, height)));

export function descriptor(picture: ZoomPicture, format: string): string {
  const { width, height } = picture;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="${NAMESPACE}" Format="${format}" Overlap="${overlapOf(picture)}" TileSize="${TILE_SIZE}">
  <Size Width="${width}" Height="${height}"/>
</Image>
`;
}

/** The rectangle of a tile in a level of the picture, which has `level` size; undefined if it has no such tile. */
export function zoomTile(picture: ZoomPicture, level: Size, column: number, row: number): Rect | undefined {
  const [x, y] = [column * TILE_SIZE, row * TILE_SIZE];
  const own: Rect = { x, y, width: TILE_SIZE, height: TILE_SIZE };
  if (isEmpty(intersect(own, wholeOf(level)))) return undefined;
  return intersect(grow(own, overlapOf(picture)), wholeOf(level));
}
