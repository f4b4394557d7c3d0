/** Moves a step by dragging its handle; a finger will do. */
import { signal } from "@preact/signals";
import { change } from "../draft.ts";
import { moved } from "../recipe.ts";
import { announce } from "./announce.ts";

/** The step that is dragged, and where it would go. */
export const dragged = signal<{ readonly key: number; readonly to: number } | undefined>(undefined);

/** How many of the others lie above: where the step would go. */
const placeAmong = (middles: readonly number[], y: number): number =>
  middles.filter((middle) => middle < y).length;

/** From the press on a handle until it is let go; Escape gives it up. */
export function dragStep(event: PointerEvent, key: number, list: HTMLElement, title: string): void {
  if (event.button !== 0) return;
  event.preventDefault();
  const ends = new AbortController();
  const { signal: ended } = ends;
  const move = ({ clientY }: PointerEvent) => {
    const others = [...list.children].filter((child) => child.getAttribute("data-key") !== String(key));
    const middles = others.map((child) => {
      const { top, height } = child.getBoundingClientRect();
      return top + height / 2;
    });
    const to = placeAmong(middles, clientY);
    if (dragged.value?.to !== to) dragged.value = { key, to };
  };
  const stop = (isMeant: boolean) => {
    const target = dragged.value;
    ends.abort();
    dragged.value = undefined;
    if (isMeant && target !== undefined) moveStep(key, target.to, title, list.children.length);
  };
  addEventListener("pointermove", move, { signal: ended });
  addEventListener("pointerup", () => stop(true), { signal: ended });
  addEventListener("pointercancel", () => stop(false), { signal: ended });
  const giveUp = (pressed: KeyboardEvent) => {
    if (pressed.key === "Escape") stop(false);
  };
  addEventListener("keydown", giveUp, { signal: ended });
}

/** Puts a step elsewhere, and says so. */
export function moveStep(key: number, to: number, title: string, count: number): void {
  const place = Math.max(0, Math.min(count - 1, to));
  change((recipe) => moved(recipe, key, place));
  announce(`${title} is step ${place + 1} of ${count}.`);
}
