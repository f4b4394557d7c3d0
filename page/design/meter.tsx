import type { Tone } from "./badge.tsx";

interface MeterProps {
  /** What it tells of. */
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly tone?: Tone;
}

/** How much of something is done. */
export function Meter({ label, share, tone = "busy" }: MeterProps) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div
      class="meter"
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
