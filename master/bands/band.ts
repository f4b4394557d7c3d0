import type { BufferPool } from "../../shared/buffers.ts";
import { bytesPerPixel, isEmpty, type PixelFormat, type Rect, union } from "../../shared/geometry.ts";
import { type Chain, windowOf } from "../../shared/ops/chain.ts";
import { type Raster, viewOf } from "../../shared/raster.ts";
import { figuresLength } from "../plan/statistics.ts";

/**
 * A run of neighbouring tiles in one tile row: what the master reads, writes and marks at once. A canvas keeps its
 * rows together, so one band is a few reads where its tiles would be hundreds each.
 */
export class Band {
  readonly rect: Rect;
  /** What all its tiles together need of the input. */
  readonly window: Rect;
  readonly bytes: number;
  /** Tiles to be sent, in order. */
  readonly waiting: number[];
  readonly collected: { tile: number; worker: string; ms: number }[] = [];
  source?: Raster;
  target?: Raster;
  figures?: Float64Array;
  private readonly lent: SharedArrayBuffer[] = [];

  constructor(
    readonly tiles: readonly number[],
    readonly rects: ReadonlyMap<number, Rect>,
    readonly chain: Chain,
    /** What is wanted of its tiles. */
    readonly keeps: { readonly pixels: boolean; readonly figures: boolean },
  ) {
    this.waiting = [...tiles];
    let rect: Rect = { x: 0, y: 0, width: 0, height: 0 };
    let window = rect;
    for (const tile of rects.values()) {
      rect = union(rect, tile);
      window = union(window, windowOf(chain, tile));
    }
    this.rect = rect;
    this.window = isEmpty(window) ? { x: 0, y: 0, width: 0, height: 0 } : window;
    this.bytes = area(this.window, chain.input) + (keeps.pixels ? area(rect, chain.output) : 0);
  }

  /** Takes memory for what it reads and what it gathers. */
  open(buffers: BufferPool): Raster {
    this.source = this.raster(buffers, this.window, this.chain.input);
    if (this.keeps.pixels) this.target = this.raster(buffers, this.rect, this.chain.output);
    if (this.keeps.figures) this.figures = new Float64Array(figuresLength(this.chain.output));
    return this.source;
  }

  /** The window of one of its tiles, a view on the band's own. */
  windowOf(tile: number): Raster {
    const source = this.source!;
    const window = windowOf(this.chain, this.rects.get(tile)!);
    if (!isEmpty(window)) return viewOf(source, window);
    return { ...source, rect: { ...window, width: 0, height: 0 } };
  }

  complete(): boolean {
    return this.collected.length === this.tiles.length;
  }

  close(buffers: BufferPool): void {
    for (const buffer of this.lent.splice(0)) buffers.give(buffer);
    delete this.source;
    delete this.target;
  }

  private raster(buffers: BufferPool, rect: Rect, format: PixelFormat): Raster {
    const stride = rect.width * bytesPerPixel(format);
    const buffer = buffers.take(stride * rect.height);
    this.lent.push(buffer);
    const { channels, depth } = format;
    return { rect, format: { channels, depth }, data: new Uint8Array(buffer), stride };
  }
}

const area = (rect: Rect, format: PixelFormat): number => rect.width * rect.height * bytesPerPixel(format);
