import { type ReadonlySignal, type Signal, useComputed } from "@preact/signals";
import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import type { Rect } from "../../shared/geometry.ts";
import { Icon } from "./icon.tsx";

interface DividerProps {
  readonly label: string;
  /** Where it stands, as a share of what it divides. */
  readonly share: Signal<number>;
  /** What it divides of the element that it lies in, in CSS pixels; all of it if left out. */
  readonly seen?: ReadonlySignal<Rect>;
}

const STEP = 0.02;
const LEAP = 0.1;

const KEYS: Readonly<Record<string, (share: number) => number>> = {
  ArrowLeft: (share) => share - STEP,
  ArrowDown: (share) => share - STEP,
  ArrowRight: (share) => share + STEP,
  ArrowUp: (share) => share + STEP,
  PageDown: (share) => share - LEAP,
  PageUp: (share) => share + LEAP,
  Home: () => 0,
  End: () => 1,
};

/** A line with before to the left of it and after to the right, to be dragged or moved by keys. */
export function Divider({ label, share, seen }: DividerProps) {
  const style = useComputed(() => {
    if (seen === undefined) return `left: ${share.value * 100}%; top: 0; height: 100%`;
    const { x, y, width, height } = seen.value;
    return `left: ${x + share.value * width}px; top: ${y}px; height: ${height}px`;
  });
  const percent = Math.round(share.value * 100);
  const set = (to: number) => {
    share.value = Math.min(1, Math.max(0, to));
  };
  const press = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const drag = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    const all = event.currentTarget.parentElement!.getBoundingClientRect();
    const { x, width } = seen?.value ?? { x: 0, width: all.width };
    set((event.clientX - all.left - x) / width);
  };
  const key = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const change = KEYS[event.key];
    if (change === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    set(change(share.value));
  };
  return (
    <div
      class="divider"
      style={style}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} % before`}
      onPointerDown={press}
      onPointerMove={drag}
      onKeyDown={key}
    >
      <span class="divider_grip">
        <Icon name="divide" />
      </span>
    </div>
  );
}
