import { intersect, isEmpty, type Rect, type Shape, type Size } from "../../shared/geometry.ts";

/** Which pixels of an image are there. */
export interface Extent {
  /** The parts of `rect` that are not; none if it is whole. */
  missing(rect: Rect): Rect[];
}

export const WHOLE: Extent = { missing: () => [] };
export const NOTHING: Extent = { missing: (rect) => [rect] };

/** An image that is there from the top down. */
export const upToRow = ({ width, height }: Shape, rows: () => number): Extent => ({
  missing(rect) {
    const there = rows();
    const rest = intersect(rect, { x: 0, y: there, width, height: height - there });
    return isEmpty(rest) ? [] : [rest];
  },
});

export interface Tiles {
  readonly tile: Size;
  readonly columns: number;
  readonly isThere: (tile: number) => boolean;
}

/** An image that is there tile by tile. */
export const byTile = ({ tile, columns, isThere }: Tiles): Extent => ({
  missing(rect) {
    const found: Rect[] = [];
    const lastRow = Math.ceil((rect.y + rect.height) / tile.height);
    const lastColumn = Math.ceil((rect.x + rect.width) / tile.width);
    for (let row = Math.floor(rect.y / tile.height); row < lastRow; row++) {
      let run = 0; // neighbours in a row make one rectangle
      for (let column = Math.floor(rect.x / tile.width); column <= lastColumn; column++) {
        if (column < lastColumn && !isThere(row * columns + column)) run++;
        else if (run > 0) {
          const [x, y] = [(column - run) * tile.width, row * tile.height];
          found.push(intersect(rect, { x, y, width: run * tile.width, height: tile.height }));
          run = 0;
        }
      }
    }
    return found;
  },
});
