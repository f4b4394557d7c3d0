/** Which pictures make up what is seen. */
import type { Rect, Size } from "../../../shared/geometry.ts";
import { formatText } from "../../../shared/pipeline/text.ts";
import { plain, type RecipeStep } from "../recipe.ts";
import type { Wanted } from "./looker.ts";
import { fitZoom, regionSeen, type Viewport, zoomOf } from "./viewport.ts";

export type Side = "before" | "after";

/** One look at an image: see the API's `POST /v1/preview`. */
export interface Look {
  readonly side: Side;
  readonly image: number;
  readonly pipeline: string;
  readonly size: number;
  /** Of the result; all of it if undefined. */
  readonly region: Rect | undefined;
  /** Coarser, if it takes longer. */
  readonly withinMs: number | undefined;
  /** WebP where something may be transparent, PNG where each pixel is seen as it is. */
  readonly format: "jpeg" | "webp" | "png";
}

export interface Scene {
  readonly image: number;
  /** Those that do something. */
  readonly steps: readonly RecipeStep[];
  readonly view: Viewport;
  /** The result's, as far as it is known. */
  readonly picture: Size;
  readonly stage: Size;
  /** Pixels of the screen per CSS pixel. */
  readonly density: number;
  /** Whether the image before the pipeline is seen beside it. */
  readonly compares: boolean;
  /** Whether an op changes where things lie. */
  readonly movesPixels: (op: string) => boolean;
  /** Whether the image itself may be transparent. */
  readonly hasAlpha: boolean;
  /** How long a look may take, while something moves that has to be followed quickly. */
  readonly withinMs: number | undefined;
}

/** A margin of a colour with an opacity. */
const CLEAR_MARGIN = /\bpad\([^)]*#[\da-f]{8}\b/i;

const textOf = (steps: readonly RecipeStep[]): string => formatText(steps.map(plain));

/** Before and after are laid over each other, so both sides have the steps that move pixels. */
const geometryOf = (steps: readonly RecipeStep[], movesPixels: (op: string) => boolean) =>
  steps.filter(({ op }) => movesPixels(op));

/** Whether there is a difference to be seen between before and after. */
export const differs = (steps: readonly RecipeStep[], movesPixels: (op: string) => boolean): boolean =>
  geometryOf(steps, movesPixels).length < steps.length;

/** The API's bounds. */
const SIZE = { minimum: 16, maximum: 2048 };
/** Sizes go in steps, so that a window that is pulled wider does not ask for each of them. */
const SIZE_STEP = 32;

const sizeFor = (length: number): number =>
  Math.min(SIZE.maximum, Math.max(SIZE.minimum, Math.ceil(length / SIZE_STEP) * SIZE_STEP));

/** What is wanted, the most urgent first: what is looked at closely, then the whole around it. */
export function wishesOf(scene: Scene): Wanted<Look>[] {
  const { steps, compares, movesPixels } = scene;
  const sides: (readonly [Side, string])[] = [["after", textOf(steps)]];
  if (compares && differs(steps, movesPixels)) sides.push(["before", textOf(geometryOf(steps, movesPixels))]);
  const close = closeUp(scene);
  return [
    ...(close === undefined ? [] : sides.map((side) => wish(scene, side, close))),
    ...sides.map((side) => wish(scene, side, wholeLook(scene))),
  ];
}

interface Part extends Pick<Look, "size" | "region"> {
  /** Whether one pixel can be told from the next. */
  readonly showsPixels: boolean;
}

/** From this zoom on. */
export const PIXELS_FROM = 2;

function wholeLook({ picture, stage, density }: Scene): Part {
  const seen = Math.max(picture.width, picture.height) * fitZoom(picture, stage, density);
  return { size: sizeFor(seen), region: undefined, showsPixels: false };
}

/** Nothing where the whole shows as much. */
function closeUp(scene: Scene): Part | undefined {
  const { view, picture, stage, density } = scene;
  if (view.kind === "fit") return undefined;
  const region = regionSeen(view, picture, stage, density);
  const closeness = zoomOf(view, picture, stage, density);
  const zoom = Math.min(1, closeness);
  const longest = Math.max(region.width, region.height);
  const wanted = zoom === 1 ? Math.max(longest, SIZE.minimum) : sizeFor(longest * zoom);
  return { region, size: Math.min(SIZE.maximum, wanted), showsPixels: closeness >= PIXELS_FROM };
}

function wish(
  scene: Scene,
  [side, pipeline]: readonly [Side, string],
  { size, region, showsPixels }: Part,
): Wanted<Look> {
  const { image } = scene;
  // Before stays as it is while something moves.
  const withinMs = side === "after" ? scene.withinMs : undefined;
  const isClear = scene.hasAlpha || CLEAR_MARGIN.test(pipeline);
  const format = showsPixels && withinMs === undefined ? "png" : isClear ? "webp" : "jpeg";
  const look: Look = { side, image, pipeline, size, region, withinMs, format };
  const { x, y, width, height } = region ?? { x: 0, y: 0, width: 0, height: 0 };
  return {
    place: `${side} ${region === undefined ? "whole" : "part"}`,
    key: `${side} ${image} ${format} ${size} ${withinMs} ${x},${y},${width},${height} ${pipeline}`,
    look,
  };
}
