/** Plots as SVG that needs no script: colours come from the page's style, so that they fit light and dark. */
import { shortNumber } from "./table.ts";

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
}

export interface BarPlot {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** Where a line is drawn across all bars, such as 1 for ratios. */
  readonly mark?: number;
}

export interface LinePlot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

const WIDTH = 760;
const LABEL = 250;
const VALUE = 70;
const ROW = 22;
const HEAD = 30;
const COLOURS = 6;

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const at = (value: number): string => value.toFixed(1);

/** One bar a row, from 0, with a whisker from the least to the greatest run. */
export function barPlot({ title, unit, bars, mark }: BarPlot): string {
  const room = WIDTH - LABEL - VALUE;
  const end = Math.max(...bars.map(({ value, max = value }) => max), mark ?? 0) || 1;
  const x = (value: number) => LABEL + (Math.max(0, value) / end) * room;
  const height = HEAD + bars.length * ROW + 6;
  const rows = bars.map(({ label, value, min, max }, i) => {
    const top = HEAD + i * ROW;
    const middle = top + ROW / 2;
    const whisker =
      min === undefined || max === undefined
        ? ""
        : `<path class="whisker" d="M${at(x(min))} ${at(middle)}H${at(x(max))}M${at(x(min))} ${at(middle - 4)}v8M${at(x(max))} ${at(middle - 4)}v8"/>`;
    return [
      `<text x="${LABEL - 8}" y="${at(middle + 4)}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="bar" x="${LABEL}" y="${at(top + 4)}" width="${at(x(value) - LABEL)}" height="${ROW - 8}"/>`,
      whisker,
      `<text x="${at(Math.max(x(value), x(max ?? value)) + 6)}" y="${at(middle + 4)}">${shortNumber(value)}</text>`,
    ].join("");
  });
  const line = mark === undefined ? "" : `<path class="mark" d="M${at(x(mark))} ${HEAD}V${height - 4}"/>`;
  return svg(height, `${title}, ${unit}`, rows.join("") + line);
}

const PLOT = { left: 70, right: 150, top: HEAD + 8, height: 220, bottom: 44 };
const TICKS = 5;

/** Lines over common axes that begin at 0. */
export function linePlot({ title, x: across, y: up, lines }: LinePlot): string {
  const points = lines.flatMap((line) => line.points);
  const endX = niceEnd(Math.max(0, ...points.map(([x]) => x)));
  const endY = niceEnd(Math.max(0, ...points.map(([, y]) => y)));
  const right = WIDTH - PLOT.right;
  const bottom = PLOT.top + PLOT.height;
  const x = (value: number) => PLOT.left + (value / endX) * (right - PLOT.left);
  const y = (value: number) => bottom - (value / endY) * PLOT.height;
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => {
    const [tx, ty] = [(endX * i) / TICKS, (endY * i) / TICKS];
    return [
      `<path class="grid" d="M${PLOT.left} ${at(y(ty))}H${right}"/>`,
      `<text x="${PLOT.left - 6}" y="${at(y(ty) + 4)}" text-anchor="end">${tick(ty)}</text>`,
      `<text x="${at(x(tx))}" y="${bottom + 16}" text-anchor="middle">${tick(tx)}</text>`,
    ].join("");
  });
  const drawn = lines.map(({ name, points }, i) => {
    const colour = i % COLOURS;
    const way = points.map(([px, py]) => `${at(x(px))} ${at(y(py))}`).join("L");
    const dots = points.map(
      ([px, py]) => `<circle class="c${colour}" cx="${at(x(px))}" cy="${at(y(py))}" r="2.5"/>`,
    );
    const top = PLOT.top + 8 + i * 18;
    return [
      points.length > 0 ? `<path class="line s${colour}" d="M${way}"/>` : "",
      points.length <= 40 ? dots.join("") : "",
      `<path class="line s${colour}" d="M${right + 12} ${top}h18"/><text x="${right + 36}" y="${top + 4}">${escaped(name)}</text>`,
    ].join("");
  });
  const axes = `<text x="${at((PLOT.left + right) / 2)}" y="${bottom + 36}" text-anchor="middle">${escaped(across)}</text>`;
  return svg(bottom + PLOT.bottom, `${title}: ${up}`, ticks.join("") + drawn.join("") + axes);
}

const svg = (height: number, title: string, body: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}"><text class="title" x="4" y="18">${escaped(title)}</text>${body}</svg>`;

const ENDS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The next of `ENDS` times a power of ten. */
export function niceEnd(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ENDS.map((step) => step * power).find((end) => end >= value * 0.999)!;
}

const tick = (value: number): string => String(Number(value.toPrecision(3)));
