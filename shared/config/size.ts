const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;
const STEP = 1024;

/** The bytes of "8388608", "8 MiB" or "8MiB"; undefined if it is none of these. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = "bytes"] = /^(\d+) ?(bytes|KiB|MiB|GiB|TiB)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * STEP ** UNITS.indexOf(unit as (typeof UNITS)[number]);
}

/** In the largest unit that needs no fraction, so that `parseSize` gives exactly it back. */
export function formatSize(bytes: number): string {
  let power = 0;
  while (power < UNITS.length - 1 && bytes !== 0 && bytes % STEP ** (power + 1) === 0) power++;
  return `${bytes / STEP ** power} ${UNITS[power]}`;
}
