/** Draws what is seen on a canvas. */
import type { Rect, Size } from "../../../shared/geometry.ts";
import type { Picture } from "./stage.ts";
import type { Side } from "./wishes.ts";

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

/** From here on one sees the pixels as the squares that they are. */
const SQUARES_FROM = 2;

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

function drawSide(context: CanvasRenderingContext2D, { pictures, place, zoom }: Painting, side: Side): void {
  context.imageSmoothingQuality = "high";
  for (const part of ["whole", "part"]) {
    const picture = pictures[`${side} ${part}`];
    if (picture === undefined) continue;
    context.imageSmoothingEnabled = !(picture.isExact && zoom >= SQUARES_FROM);
    const { x, y, width, height } = picture.place;
    context.drawImage(
      picture.bitmap,
      place.x + x * place.width,
      place.y + y * place.height,
      width * place.width,
      height * place.height,
    );
  }
}
