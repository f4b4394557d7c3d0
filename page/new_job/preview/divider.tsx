import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import type { Rect } from "../../../shared/geometry.ts";
import { Icon } from "../../design/icon.tsx";
import type { Stage } from "./stage.ts";

const KEYS: Readonly<Record<string, (share: number) => number>> = {
  ArrowLeft: (share) => share - 0.02,
  ArrowDown: (share) => share - 0.02,
  ArrowRight: (share) => share + 0.02,
  ArrowUp: (share) => share + 0.02,
  PageDown: (share) => share - 0.1,
  PageUp: (share) => share + 0.1,
  Home: () => 0,
  End: () => 1,
};

interface DividerProps {
  readonly stage: Stage;
  /** What is seen of the picture, on the stage. */
  readonly seen: ReadonlySignal<Rect>;
}

/** Before lies to the left of it, after to the right. */
export function Divider({ stage, seen }: DividerProps) {
  const style = useComputed(() => {
    const { x, y, width, height } = seen.value;
    return `left: ${x + stage.divider.value * width}px; top: ${y}px; height: ${height}px`;
  });
  const percent = Math.round(stage.divider.value * 100);
  const set = (share: number) => {
    stage.divider.value = Math.min(1, Math.max(0, share));
  };
  const press = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const drag = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    const { left } = event.currentTarget.parentElement!.getBoundingClientRect();
    const { x, width } = seen.value;
    set((event.clientX - left - x) / width);
  };
  const key = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const change = KEYS[event.key];
    if (change === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(change(stage.divider.value));
  };
  return (
    <div
      class="preview_divider"
      style={style}
      role="slider"
      tabIndex={0}
      aria-label="Before and after"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} % before`}
      onPointerDown={press}
      onPointerMove={drag}
      onKeyDown={key}
    >
      <span class="preview_grip">
        <Icon name="divide" />
      </span>
    </div>
  );
}
