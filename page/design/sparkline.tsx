const WIDTH = 120;
const HEIGHT = 28;

interface SparklineProps {
  /** The oldest first. */
  readonly values: readonly number[];
  readonly colour: string;
}

/** How a figure has gone lately; what it is stands beside it. */
export function Sparkline({ values, colour }: SparklineProps) {
  const high = Math.max(...values, 1e-9);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map(
    (value, i) => `${(i * step).toFixed(1)},${(HEIGHT - 1 - (value / high) * (HEIGHT - 2)).toFixed(1)}`,
  );
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(" ")} style={{ stroke: colour }} />
    </svg>
  );
}
