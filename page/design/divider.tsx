import type { Signal } from "@preact/signals";
import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { percent } from "./format.ts";

interface DividerProps {
  /** What it divides. */
  readonly label: string;
  /** Where it stands, as a share of the width of what it lies in, which has to be positioned. */
  readonly share: Signal<number>;
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

const bounded = (share: number): number => Math.min(1, Math.max(0, share));

/** A line between before and after, to be dragged or moved by keys. */
export function Divider({ label, share }: DividerProps) {
  const drag = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { left, width } = event.currentTarget.parentElement!.getBoundingClientRect();
    share.value = bounded((event.clientX - left) / width);
  };
  const press = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const move = KEYS[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    share.value = bounded(move(share.value));
  };
  return (
    <div
      class="split"
      style={{ left: `${share.value * 100}%` }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share.value * 100)}
      aria-valuetext={`${percent(share.value)} before`}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    >
      <span class="split_grip" />
    </div>
  );
}
