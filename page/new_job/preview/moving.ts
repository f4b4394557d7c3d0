/** Zooms and moves a picture by wheel, mouse, fingers and keys. */
import type { Size } from "../../../shared/geometry.ts";
import type { Stage } from "./stage.ts";
import { FIT, type Point, panned, type Viewport, zoomed, zoomedTo } from "./viewport.ts";

/** One press of a key or a button. */
const STEP = 1.5;
/** A share of what is seen. */
const KEY_PAN = 0.1;
/** A wheel's notch gives about 100. */
const WHEEL = 0.002;

type Change = (view: Viewport, picture: Size, stage: Size, density: number) => Viewport;

const move = (stage: Stage, change: Change): void => {
  const picture = stage.result.value;
  if (picture === undefined) return;
  stage.view.value = change(stage.view.value, picture, stage.size.value, stage.density.value);
};

const middle = ({ width, height }: Size): Point => ({ x: width / 2, y: height / 2 });

const zoomBy = (stage: Stage, factor: number, at?: Point): void =>
  move(stage, (view, picture, size, density) =>
    zoomed(view, factor, at ?? middle(size), picture, size, density),
  );
export const zoomIn = (stage: Stage): void => zoomBy(stage, STEP);
export const zoomOut = (stage: Stage): void => zoomBy(stage, 1 / STEP);
export const fit = (stage: Stage): void => {
  stage.view.value = FIT;
};
/** A pixel of the result is a pixel of the screen. */
export const realPixels = (stage: Stage): void =>
  move(stage, (view, ...sizes) => zoomedTo(view, 1, ...sizes));
const panBy = (stage: Stage, by: Point): void => move(stage, (view, ...sizes) => panned(view, by, ...sizes));

const DIRECTIONS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: 1, y: 0 },
  ArrowRight: { x: -1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
};

/** Arrow keys, when the picture has the focus. */
export function moveByKey(stage: Stage, event: KeyboardEvent): void {
  const direction = DIRECTIONS[event.key];
  if (direction === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const { width, height } = stage.size.value;
  panBy(stage, { x: direction.x * width * KEY_PAN, y: direction.y * height * KEY_PAN });
}

/** @returns how to end it */
export function moveByPointers(stage: Stage, element: HTMLElement): () => void {
  const ends = new AbortController();
  const fingers = new Map<number, Point>();
  const at = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    act: (event: HTMLElementEventMap[K]) => void,
    passive = true,
  ) => element.addEventListener(type, act, { signal: ends.signal, passive });

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1);
    // A pinch on a touchpad comes as a wheel with the control key, in small steps.
    zoomBy(stage, Math.exp(-pixels * WHEEL * (event.ctrlKey ? 5 : 1)), at(event));
  };
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    // Whoever captures a press on a button has its click, too.
    if (event.target instanceof Element && event.target.closest("button") !== null) return;
    fingers.set(event.pointerId, at(event));
    element.setPointerCapture(event.pointerId);
  };
  const drag = (event: PointerEvent) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = at(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    if (other === undefined) return panBy(stage, { x: now.x - before.x, y: now.y - before.y });
    const centre = between(now, other);
    zoomBy(stage, distance(now, other) / Math.max(1, distance(before, other)), centre);
    const last = between(before, other);
    panBy(stage, { x: centre.x - last.x, y: centre.y - last.y });
  };
  const release = (event: PointerEvent) => void fingers.delete(event.pointerId);
  on("wheel", wheel, false);
  on("pointerdown", press);
  on("pointermove", drag);
  on("pointerup", release);
  on("pointercancel", release);
  return () => ends.abort();
}

const distance = (one: Point, other: Point): number => Math.hypot(one.x - other.x, one.y - other.y);
const between = (one: Point, other: Point): Point => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
