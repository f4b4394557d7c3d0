import { join } from "node:path";
import { intersect, isEmpty, type Rect, type Shape, type Size, wholeOf } from "../../shared/geometry.ts";
import { compileChain, windowOf } from "../../shared/ops/chain.ts";
import type { Raster } from "../../shared/raster.ts";
import { within } from "../../shared/within.ts";
import { uprightSteps } from "../plan/orientation.ts";
import type { Orientation } from "../probe/types.ts";
import type { Extent } from "./extent.ts";
import { type Layer, OVERVIEW_SHIFT, Overview } from "./layer.ts";
import type { PreviewPool } from "./pool.ts";
import { enlarged, reduced, reducedShape } from "./reduce.ts";

/** Images with longer sides get overviews, down to about this. */
const OVERVIEW_FROM = 2048;
/** How long a look at an image that is still being made waits for its overview; it shows what is there by then. */
const PATIENCE_MS = 1500;

export interface ViewNeeds {
  readonly path: string;
  /** As stored. */
  readonly shape: Shape;
  readonly orientation: Orientation;
  readonly extent: Extent;
  /** Where its overviews go. */
  readonly folder: string;
  readonly pool: PreviewPool;
}

/** Pixels to be shown, as stored, and where there are none yet. */
export interface Sight {
  readonly raster: Raster;
  readonly missing: readonly Rect[];
  readonly orientation: Orientation;
}

/** An image to be looked at in any size: its canvas, and overviews of it that are made as they are needed. */
export class View {
  /** Upright. */
  readonly size: Size;
  private readonly layers: Layer[];

  constructor(private readonly needs: ViewNeeds) {
    const { path, shape, orientation, extent, folder, pool } = needs;
    this.size = compileChain(uprightSteps(orientation), shape).output;
    const canvas: Layer = {
      ...{ path, shape, prepare: () => Promise.resolve() },
      missing: (rect) => extent.missing(rect),
    };
    this.layers = [canvas];
    for (let last = canvas; Math.max(last.shape.width, last.shape.height) > OVERVIEW_FROM; ) {
      const count = this.layers.length;
      last = new Overview(last, join(folder, `overview-${count}.v`), pool, count * OVERVIEW_SHIFT);
      this.layers.push(last);
    }
  }

  get shape(): Shape {
    return this.needs.shape;
  }

  get orientation(): Orientation {
    return this.needs.orientation;
  }

  /** The size of its reduction to 1/2^shift, upright. */
  reducedSize(shift: number): Size {
    return this.upright(shift).output;
  }

  /** The rectangle, as stored, of its reduction that is seen in `rect` of that upright. */
  stored(shift: number, rect: Rect): Rect {
    return windowOf(this.upright(shift), rect);
  }

  /** What is missing of a rectangle, as stored, of its reduction. */
  missing(shift: number, rect: Rect): Rect[] {
    const { extent, shape } = this.needs;
    return down(extent.missing(enlarged(rect, shift, shape)), shift, rect);
  }

  /** Reads a rectangle, as stored, of its reduction. */
  async read(shift: number, rect: Rect): Promise<Sight> {
    const { pool, orientation } = this.needs;
    const index = Math.min(Math.floor(shift / OVERVIEW_SHIFT), this.layers.length - 1);
    const layer = this.layers[index]!;
    const rest = shift - index * OVERVIEW_SHIFT;
    const from = enlarged(rect, rest, layer.shape);
    await this.prepare(layer, from);
    const missing = down(layer.missing(from), rest, rect);
    const { path, shape } = layer;
    // Of a canvas that is being decoded into, what is not there cannot be read.
    const rows = rect.height - missingBelow(missing, rect);
    return { raster: await pool.read({ path, shape, shift: rest, rect }, rows), missing, orientation };
  }

  whole(shift: number): Rect {
    return wholeOf(reducedShape(this.needs.shape, shift));
  }

  isWhole(): boolean {
    return this.needs.extent.missing(wholeOf(this.needs.shape)).length === 0;
  }

  private async prepare(layer: Layer, rect: Rect): Promise<void> {
    const made = layer.prepare(rect);
    if (this.isWhole()) await made;
    else await within(PATIENCE_MS, made);
  }

  private upright(shift: number) {
    return compileChain(uprightSteps(this.needs.orientation), reducedShape(this.needs.shape, shift));
  }
}

/** Rectangles of an image as those of its reduction that they have a part in. */
const down = (rects: readonly Rect[], shift: number, inside: Rect): Rect[] =>
  rects.map((rect) => intersect(reduced(rect, shift), inside)).filter((rect) => !isEmpty(rect));

/** Rows at the bottom of `rect` of which nothing is there. */
function missingBelow(missing: readonly Rect[], rect: Rect): number {
  const end = rect.y + rect.height;
  let from = end;
  for (const { y, width, height } of missing.toReversed())
    if (width === rect.width && y + height >= from) from = Math.min(from, y);
  return end - from;
}
