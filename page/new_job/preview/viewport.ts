/** Which part of a picture is seen on a stage, and how large. Lengths on the stage are CSS pixels. */
import type { Rect, Size } from "../../../shared/geometry.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The whole picture, or a part of it: `centre` as shares of the picture, `zoom` in pixels of the screen per pixel. */
export type Viewport =
  | { readonly kind: "fit" }
  | { readonly kind: "free"; readonly centre: Point; readonly zoom: number };

export const FIT: Viewport = { kind: "fit" };

/** Pixels become squares that can be counted. */
const ZOOM_MAX = 16;

/** The zoom at which all of it is seen; small pictures are not made larger. */
export const fitZoom = (picture: Size, stage: Size, density: number): number =>
  Math.min(1, (stage.width * density) / picture.width, (stage.height * density) / picture.height);

export const zoomOf = (view: Viewport, picture: Size, stage: Size, density: number): number =>
  view.kind === "fit" ? fitZoom(picture, stage, density) : view.zoom;

const HALF: Point = { x: 0.5, y: 0.5 };
const centreOf = (view: Viewport): Point => (view.kind === "fit" ? HALF : view.centre);

/** Where the picture lies on the stage. */
export function placeOf(view: Viewport, picture: Size, stage: Size, density: number): Rect {
  const scale = zoomOf(view, picture, stage, density) / density;
  const { x, y } = centreOf(view);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: stage.width / 2 - x * width, y: stage.height / 2 - y * height, width, height };
}

/** Zooms by a factor; the pixel under `at` stays there. Smaller than the whole is the whole. */
export function zoomed(
  view: Viewport,
  factor: number,
  at: Point,
  picture: Size,
  stage: Size,
  density: number,
): Viewport {
  const before = placeOf(view, picture, stage, density);
  const zoom = Math.min(ZOOM_MAX, zoomOf(view, picture, stage, density) * factor);
  if (zoom <= fitZoom(picture, stage, density)) return FIT;
  const under = { x: (at.x - before.x) / before.width, y: (at.y - before.y) / before.height };
  const scale = zoom / density;
  const centre = {
    x: under.x + (stage.width / 2 - at.x) / (picture.width * scale),
    y: under.y + (stage.height / 2 - at.y) / (picture.height * scale),
  };
  return within({ kind: "free", centre, zoom }, picture, stage, density);
}

/** At a zoom, about the middle of what is seen. */
export const zoomedTo = (
  view: Viewport,
  zoom: number,
  picture: Size,
  stage: Size,
  density: number,
): Viewport => within({ kind: "free", centre: centreOf(view), zoom }, picture, stage, density);

/** Moves the picture by so much on the stage. */
export function panned(view: Viewport, by: Point, picture: Size, stage: Size, density: number): Viewport {
  if (view.kind === "fit") return view;
  const { width, height } = placeOf(view, picture, stage, density);
  const centre = { x: view.centre.x - by.x / width, y: view.centre.y - by.y / height };
  return within({ ...view, centre }, picture, stage, density);
}

/** No edge of the picture comes further in than it has to. */
function within(view: Viewport & { kind: "free" }, picture: Size, stage: Size, density: number): Viewport {
  const along = (centre: number, length: number, room: number) => {
    const half = room / 2 / length;
    return half >= 0.5 ? 0.5 : Math.min(1 - half, Math.max(half, centre));
  };
  const scale = view.zoom / density;
  return {
    ...view,
    centre: {
      x: along(view.centre.x, picture.width * scale, stage.width),
      y: along(view.centre.y, picture.height * scale, stage.height),
    },
  };
}

/** The part of the picture that is seen, in its own pixels; whole ones. */
export function regionSeen(view: Viewport, picture: Size, stage: Size, density: number): Rect {
  const place = placeOf(view, picture, stage, density);
  const scale = place.width / picture.width;
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const left = clamp(Math.floor(-place.x / scale), picture.width - 1);
  const top = clamp(Math.floor(-place.y / scale), picture.height - 1);
  const right = clamp(Math.ceil((stage.width - place.x) / scale), picture.width);
  const bottom = clamp(Math.ceil((stage.height - place.y) / scale), picture.height);
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}
