import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Line {
  readonly name: string;
  /** A colour of the tokens, or of a worker. */
  readonly colour: string;
  /** One for each time; nothing where there is none. */
  readonly values: readonly (number | null | undefined)[];
}

interface ChartProps {
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly height?: number;
  readonly format?: (value: number) => string;
  /** What is counted: there is no half of it. */
  readonly whole?: boolean;
  /** Each line stands on the one before. */
  readonly stacked?: boolean;
}

/** Pixels. */
export const CHART_HEIGHT = 160;
/** Steps between the marks of what is counted. */
const WHOLE = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5].map((power) => step * 10 ** power))
  .sort((a, b) => a - b);
/** Below that, minutes alone would say the same several times. */
const SECONDS_SPAN = 300;
/** Seconds that are shown at least: a single point has no span of its own. */
const SPAN_MIN = 60;
const MINUTES = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const SECONDS = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** As the browser's user writes it. */
const timeOf = (seconds: number, span: number): string =>
  (span < SECONDS_SPAN ? SECONDS : MINUTES).format(seconds * 1000);

/** Without a point yet it ends now. */
function spanOf(first: number | null, last: number | null): [number, number] {
  const end = last ?? Date.now() / 1000;
  return [Math.min(first ?? end, end - SPAN_MIN), end];
}

/** Lines over time. */
export function Chart(props: ChartProps) {
  const { label, times, lines, height = CHART_HEIGHT, stacked = false } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const names = lines.map(({ name, colour }) => `${name} ${colour}`).join("\n");
  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(optionsOf(element, props), [[]], element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [names, height]);
  useEffect(() => {
    plot.current?.setData([[...times], ...(stacked ? stack(lines) : lines.map(({ values }) => [...values]))]);
  });
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}

/** The last line lies at the back. */
function stack(lines: readonly Line[]): (number | null)[][] {
  const sums: number[] = [];
  return lines.map(({ values }) =>
    values.map((value, i) => {
      sums[i] = (sums[i] ?? 0) + (value ?? 0);
      return sums[i];
    }),
  );
}

function optionsOf(
  element: HTMLElement,
  { lines, height = CHART_HEIGHT, format = String, whole = false }: ChartProps,
): uPlot.Options {
  // A canvas knows no custom properties: it is told what they are, each time that it is drawn.
  const coloured = (colour: string) => () => resolved(element, colour);
  const axis = {
    stroke: coloured("var(--muted)"),
    grid: { stroke: coloured("var(--line)"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: lines.length > 1 },
    cursor: { y: false },
    scales: {
      x: { range: (_, first, last) => spanOf(first, last) },
      y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        ...{ space: 96, size: 32, gap: 8 },
        values: (_, marks) => marks.map((mark) => timeOf(mark, marks.at(-1)! - marks[0]!)),
      },
      {
        ...axis,
        size: 56,
        values: (_, marks) => marks.map((mark) => format(mark)),
        ...(whole && { incrs: WHOLE }),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, colour }) => ({
        label: name,
        stroke: coloured(colour),
        width: 1.5,
        ...(lines.length === 1 && { fill: () => faded(resolved(element, colour)) }),
        value: (_: uPlot, value: number | null) => (value === null ? "–" : format(value)),
      })),
    ],
  };
}

const faded = (colour: string): string => `color-mix(in oklch, ${colour} 14%, transparent)`;

function resolved(element: HTMLElement, colour: string): string {
  if (!colour.startsWith("var(")) return colour;
  const probe = document.createElement("span");
  probe.style.color = colour;
  element.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
