/** Draws what is seen on a canvas. */
import type { Rect, Size } from "../../../shared/geometry.ts";
import type { Picture } from "./stage.ts";
import { PIXELS_FROM, type Side } from "./wishes.ts";

export interface Painting {
  readonly stage: Size;
  readonly density: number;
  /** Where the picture lies on the stage. */
  readonly place: Rect;
  readonly zoom: number;
  readonly pictures: Readonly<Record<string, Picture>>;
  /** Where after begins, on the stage; nothing where there is only after. */
  readonly split: number | undefined;
}

export function paint(context: CanvasRenderingContext2D, painting: Painting): void {
  const { stage, density, split } = painting;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, stage.width, stage.height);
  if (split === undefined) {
    drawSide(context, painting, "after");
    return;
  }
  clipped(context, { x: 0, y: 0, width: split, height: stage.height }, () =>
    drawSide(context, painting, "before"),
  );
  const rest = { x: split, y: 0, width: stage.width - split, height: stage.height };
  clipped(context, rest, () => drawSide(context, painting, "after"));
}

function clipped(context: CanvasRenderingContext2D, { x, y, width, height }: Rect, draw: () => void): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  draw();
  context.restore();
}

/** What is seen through what is transparent: squares of two grays, whatever the scheme. */
const SQUARE = 8;
let squares: CanvasPattern | null = null;

function drawSquares(context: CanvasRenderingContext2D, { x, y, width, height }: Rect): void {
  if (squares === null) {
    const tile = new OffscreenCanvas(2 * SQUARE, 2 * SQUARE);
    const draw = tile.getContext("2d")!;
    draw.fillStyle = "#d9dbe0";
    draw.fillRect(0, 0, 2 * SQUARE, 2 * SQUARE);
    draw.fillStyle = "#f4f5f7";
    draw.fillRect(0, 0, SQUARE, SQUARE);
    draw.fillRect(SQUARE, SQUARE, SQUARE, SQUARE);
    squares = context.createPattern(tile, "repeat");
  }
  context.fillStyle = squares!;
  context.fillRect(x, y, width, height);
}

function drawSide(context: CanvasRenderingContext2D, { pictures, place, zoom }: Painting, side: Side): void {
  context.imageSmoothingQuality = "high";
  for (const part of ["whole", "part"]) {
    const picture = pictures[`${side} ${part}`];
    if (picture === undefined) continue;
    const shares = picture.place;
    const at = {
      ...{ x: place.x + shares.x * place.width, y: place.y + shares.y * place.height },
      ...{ width: shares.width * place.width, height: shares.height * place.height },
    };
    if (picture.isClear) drawSquares(context, at);
    context.imageSmoothingEnabled = !(picture.isExact && zoom >= PIXELS_FROM);
    context.drawImage(picture.bitmap, at.x, at.y, at.width, at.height);
  }
}
