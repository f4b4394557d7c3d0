/** Where the tiles of a stage lie on a surface of a given size. */
import type { StageGrid } from "../../../shared/api/tiles.ts";

export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Surface {
  readonly width: number;
  readonly height: number;
}

/** Edges are rounded to whole pixels, so that neighbours meet without a seam. */
export function cellOf(grid: StageGrid, { width, height }: Surface, tile: number): Cell {
  const [column, row] = [tile % grid.columns, Math.floor(tile / grid.columns)];
  const [scaleX, scaleY] = [width / grid.width, height / grid.height];
  const edge = (index: number, length: number, end: number, scale: number) =>
    Math.round(Math.min(index * length, end) * scale);
  const x = edge(column, grid.tile_width, grid.width, scaleX);
  const y = edge(row, grid.tile_height, grid.height, scaleY);
  return {
    ...{ x, y },
    width: edge(column + 1, grid.tile_width, grid.width, scaleX) - x,
    height: edge(row + 1, grid.tile_height, grid.height, scaleY) - y,
  };
}

/** The tile at a point, by shares of the surface's width and height. */
export function tileAt(grid: StageGrid, shareX: number, shareY: number): number | undefined {
  if (!(shareX >= 0 && shareX < 1 && shareY >= 0 && shareY < 1)) return undefined;
  const column = Math.min(grid.columns - 1, Math.floor((shareX * grid.width) / grid.tile_width));
  const row = Math.min(grid.rows - 1, Math.floor((shareY * grid.height) / grid.tile_height));
  return row * grid.columns + column;
}

/** The tile that a key leads to; undefined for keys that lead nowhere. */
export function tileByKey({ columns, rows }: StageGrid, from: number, key: string): number | undefined {
  const [column, row] = [from % columns, Math.floor(from / columns)];
  const at = (x: number, y: number) =>
    Math.min(rows - 1, Math.max(0, y)) * columns + Math.min(columns - 1, Math.max(0, x));
  const page = Math.max(1, Math.round(rows / 10));
  switch (key) {
    case "ArrowLeft":
      return at(column - 1, row);
    case "ArrowRight":
      return at(column + 1, row);
    case "ArrowUp":
      return at(column, row - 1);
    case "ArrowDown":
      return at(column, row + 1);
    case "PageUp":
      return at(column, row - page);
    case "PageDown":
      return at(column, row + page);
    case "Home":
      return at(0, row);
    case "End":
      return at(columns - 1, row);
    default:
      return undefined;
  }
}
