import type { Rect, Shape } from "../../shared/geometry.ts";
import { Canvas } from "../canvas/canvas.ts";
import { byTile, type Extent } from "./extent.ts";
import type { PreviewPool } from "./pool.ts";
import { enlarged, reducedShape } from "./reduce.ts";

/** A canvas to read from, of which some may not be there yet. */
export interface Layer extends Extent {
  readonly path: string;
  readonly shape: Shape;
  /** Has as much of `rect` made as can be. */
  prepare(rect: Rect): Promise<void>;
}

/** Each overview has a quarter of the side of what it is made of: a sixteenth of its bytes. */
export const OVERVIEW_SHIFT = 2;
/** Side of the blocks in which overviews are made, in pixels of the image itself: about a tile. */
const BLOCK = 512;
/** Pixels of a row that one thread makes at a time: it reads about 12 MB of RGB for it. */
const RUN = 2048;

/**
 * A reduction of another layer, made block by block as it is looked at and as that layer has its pixels: however often a
 * large image that is still being made is looked at, each of its pixels is read once.
 */
export class Overview implements Layer {
  readonly shape: Shape;
  private readonly block: number;
  private readonly columns: number;
  private readonly made: Uint8Array;
  private readonly extent: Extent;
  private busy: Promise<void> = Promise.resolve();
  private begun = false;

  constructor(
    private readonly base: Layer,
    readonly path: string,
    private readonly pool: PreviewPool,
    /** How much smaller than the image it is: 1/2^shift. */
    shift: number,
  ) {
    this.block = Math.max(1, BLOCK >> shift);
    this.shape = reducedShape(base.shape, OVERVIEW_SHIFT);
    this.columns = Math.ceil(this.shape.width / this.block);
    this.made = new Uint8Array(this.columns * Math.ceil(this.shape.height / this.block));
    this.extent = byTile({
      ...{ tile: { width: this.block, height: this.block }, columns: this.columns },
      isThere: (block) => this.made[block] === 1,
    });
  }

  missing(rect: Rect): Rect[] {
    return this.extent.missing(rect);
  }

  /** One at a time, so that nothing is made twice. */
  prepare(rect: Rect): Promise<void> {
    if (this.missing(rect).length === 0) return Promise.resolve();
    const turn = this.busy.then(() => this.make(rect));
    this.busy = turn.catch(() => {});
    return turn;
  }

  private async make(rect: Rect): Promise<void> {
    await this.base.prepare(enlarged(rect, OVERVIEW_SHIFT, this.base.shape));
    const runs = this.runsIn(rect);
    if (runs.length === 0) return;
    if (!this.begun) Canvas.create(this.path, this.shape).close();
    this.begun = true;
    const { path, shape } = this.base;
    // As many at a time as the pool has threads; the rest wait there.
    await Promise.all(
      runs.map(async ({ blocks, rect }) => {
        await this.pool.reduce({ path, shape, shift: OVERVIEW_SHIFT, rect }, this.path);
        for (const block of blocks) this.made[block] = 1;
      }),
    );
  }

  /** Neighbouring blocks that can be made and are not. */
  private runsIn(rect: Rect): { blocks: number[]; rect: Rect }[] {
    const runs: { blocks: number[]; rect: Rect }[] = [];
    const side = this.block;
    const last = Math.ceil((rect.x + rect.width) / side);
    for (let row = Math.floor(rect.y / side); row * side < rect.y + rect.height; row++) {
      let open: { blocks: number[]; rect: Rect } | undefined;
      for (let column = Math.floor(rect.x / side); column < last; column++) {
        const block = row * this.columns + column;
        const place = this.place(column, row);
        const ready =
          this.made[block] === 0 &&
          this.base.missing(enlarged(place, OVERVIEW_SHIFT, this.base.shape)).length === 0;
        if (!ready) open = undefined;
        else if (open === undefined || open.rect.width >= RUN) {
          open = { blocks: [block], rect: place };
          runs.push(open);
        } else {
          open.blocks.push(block);
          open.rect = { ...open.rect, width: open.rect.width + place.width };
        }
      }
    }
    return runs;
  }

  private place(column: number, row: number): Rect {
    const side = this.block;
    const [x, y] = [column * side, row * side];
    const { width, height } = this.shape;
    return { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) };
  }
}
