/** Figures as people read them: numbers and dates as their browser writes them, words in the language of the page. */

const WHOLE = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

export const whole = (value: number): string => WHOLE.format(value);

/** Three digits that count. */
export const short = (value: number): string => SHORT.format(value);

/** Decimal units: 1 MB is a million bytes. */
export function bytes(value: number): string {
  const power = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  return `${short(value / 1000 ** power)} ${UNITS[power]}`;
}

export const pixels = (width: number, height: number): string =>
  `${WHOLE.format(width)} × ${WHOLE.format(height)}`;

export const megapixels = (width: number, height: number): string => `${short((width * height) / 1e6)} MP`;

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${short(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}

export const percent = (share: number): string => `${Math.floor(share * 100)} %`;

const STEPS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** How long ago a time was, by this machine's clock. */
export function ago(time: string, nowMs = Date.now()): string {
  const seconds = Math.min(0, (Date.parse(time) - nowMs) / 1000);
  const [unit, length] = STEPS.find(([, length]) => -seconds >= length) ?? STEPS.at(-1)!;
  return AGO.format(Math.round(seconds / length), unit);
}

export const when = (time: string): string => WHEN.format(new Date(time));

/** `1 job`, `2 jobs`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${WHOLE.format(count)} ${count === 1 ? one : many}`;
