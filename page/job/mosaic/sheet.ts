/** The tiles of one stage on a canvas: drawn once in each frame, and of them only those that have changed. */
import { workerColour } from "../../design/worker_colour.ts";
import type { StageBoard, TileNow } from "./board.ts";
import { type Cell, cellOf } from "./layout.ts";

/** What a whole sheet takes more than one frame for. */
const TILES_A_FRAME = 6000;

/** The same on light and on dark: what lies below shows through. */
const WAITING = "oklch(60% 0.015 260 / 0.2)";
const FAILED = "oklch(55% 0.21 25)";
const RETRIED = "oklch(83% 0.16 85)";
const MARK_EDGE = "oklch(22% 0.03 60)";
const ON_FAILED = "oklch(100% 0 0)";
const VEIL = "oklch(50% 0.01 265 / 0.7)";
const UNKNOWN_WORKER = "oklch(60% 0.02 260)";

/** Below this side, in device pixels, a tile is but a spot of colour. */
const RIM_FROM = 7;

export class Sheet {
  private readonly context: CanvasRenderingContext2D;
  private stage: StageBoard | undefined;
  /** Whether a tile waits to be drawn. */
  private dirty = new Uint8Array(0);
  private queue: number[] = [];
  /** Tiles whose pixels are to be seen below. */
  private shown = new Uint8Array(0);
  private frame = 0;
  private lit: string | undefined;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  /** @param width in device pixels, as the height */
  show(stage: StageBoard, width: number, height: number): void {
    const isOther = stage !== this.stage;
    if (!isOther && this.canvas.width === width && this.canvas.height === height) return;
    // In another run of the job what is done is done, and its pixels are still below.
    if (this.shown.length !== stage.count) this.shown = new Uint8Array(stage.count);
    this.stage = stage;
    this.canvas.width = width;
    this.canvas.height = height;
    this.queue = [];
    this.dirty = new Uint8Array(stage.count);
    for (let tile = 0; tile < stage.count; tile++) this.touch(tile);
  }

  /** Has a tile drawn in the next frame. */
  touch(tile: number): void {
    if (this.dirty[tile] !== 0) return;
    this.dirty[tile] = 1;
    this.queue.push(tile);
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Says that the pixels of a tile are to be seen, or not (any more). */
  reveal(tile: number, there: boolean): void {
    if (this.shown[tile] === Number(there)) return;
    this.shown[tile] = Number(there);
    this.touch(tile);
  }

  /** Has the tiles of a worker stand out. */
  light(worker: string | undefined): void {
    if (worker === this.lit) return;
    this.lit = worker;
    for (const tile of this.dirty.keys()) this.touch(tile);
  }

  /** No pixels are to be seen (any more). */
  conceal(): void {
    for (const tile of this.shown.keys()) this.reveal(tile, false);
  }

  end(): void {
    cancelAnimationFrame(this.frame);
  }

  private draw(): void {
    const { stage, canvas } = this;
    this.frame = 0;
    if (stage === undefined) return;
    const now = this.queue.splice(0, TILES_A_FRAME);
    for (const tile of now) {
      this.dirty[tile] = 0;
      this.paint(stage.tile(tile), cellOf(stage.grid, canvas, tile), this.shown[tile] === 1);
    }
    if (this.queue.length > 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private paint(tile: TileNow, cell: Cell, isShown: boolean): void {
    const { context } = this;
    const { x, y, width, height } = cell;
    const side = Math.min(width, height);
    const gap = side >= RIM_FROM ? 1 : 0;
    const colour = tile.worker === undefined ? UNKNOWN_WORKER : workerColour(tile.worker);
    context.clearRect(x, y, width, height);
    const fill = (style: string, alpha: number) => {
      context.globalAlpha = alpha;
      context.fillStyle = style;
      context.fillRect(x + gap, y + gap, width - 2 * gap, height - 2 * gap);
      context.globalAlpha = 1;
    };
    if (tile.state === "waiting") fill(WAITING, 1);
    else if (tile.state === "failed") fill(FAILED, 1);
    else if (tile.state === "in_flight") {
      fill(colour, 0.3);
      const spot = Math.max(1, Math.round(side * 0.4));
      context.fillStyle = colour;
      context.fillRect(x + ((width - spot) >> 1), y + ((height - spot) >> 1), spot, spot);
    } else if (!isShown) fill(colour, 0.9);
    else this.rim(cell, colour, side);
    if (tile.state === "failed") this.cross(cell);
    else if (tile.attempt > 1) this.corner(cell, side);
    if (this.lit === undefined || this.lit === tile.worker) return;
    context.fillStyle = VEIL;
    context.fillRect(x, y, width, height);
  }

  /** Of a tile whose pixels are below. */
  private rim({ x, y, width, height }: Cell, colour: string, side: number): void {
    const { context } = this;
    context.fillStyle = colour;
    context.strokeStyle = colour;
    context.globalAlpha = side < RIM_FROM ? 0.3 : 0.12;
    context.fillRect(x, y, width, height);
    context.globalAlpha = 0.85;
    const line = side >= 100 ? 2 : 1;
    context.lineWidth = line;
    if (side >= RIM_FROM) context.strokeRect(x + line / 2, y + line / 2, width - line, height - line);
    context.globalAlpha = 1;
  }

  /** Given up on for now. */
  private cross({ x, y, width, height }: Cell): void {
    const { context } = this;
    const inset = Math.min(width, height) * 0.25;
    context.strokeStyle = ON_FAILED;
    context.lineWidth = Math.max(1, Math.min(4, inset / 2));
    context.beginPath();
    context.moveTo(x + inset, y + inset);
    context.lineTo(x + width - inset, y + height - inset);
    context.moveTo(x + width - inset, y + inset);
    context.lineTo(x + inset, y + height - inset);
    context.stroke();
  }

  /** A folded corner: it was tried more than once. */
  private corner({ x, y, width }: Cell, side: number): void {
    const { context } = this;
    const leg = Math.max(2, Math.min(18, Math.round(side * 0.4)));
    const right = x + width;
    context.fillStyle = RETRIED;
    context.beginPath();
    context.moveTo(right - leg, y);
    context.lineTo(right, y);
    context.lineTo(right, y + leg);
    context.closePath();
    context.fill();
    if (side < RIM_FROM) return;
    context.strokeStyle = MARK_EDGE;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(right - leg, y);
    context.lineTo(right, y + leg);
    context.stroke();
  }
}
