import { type Axis, firstTap, tapsOf, weightsAt } from "./resampling.ts";

/** Weights as 16-bit integers in Q14 (for the 8-bit kernel) or as 32-bit floats. */
export type Form = "q14" | "f32";

/** The kernel's table for output samples `start` … `start + count − 1`: a record each. */
export interface TapTable {
  /** Weights in a record, padding of columns included. */
  readonly taps: number;
  readonly bytes: Uint8Array;
}

export interface TableRequest {
  readonly axis: Axis;
  readonly start: number;
  readonly count: number;
  readonly form: Form;
  /** Bytes from one input sample to the next, where the kernel reads them. */
  readonly step: number;
  /** Input sample that the kernel's offsets count from. */
  readonly origin: number;
  /** The number of weights is rounded up to a multiple of this. */
  readonly lanes: number;
  /** The last record is repeated so many times: a kernel that works on four columns reads up to three more. */
  readonly spare: number;
}

/** Tiles of one row, and of one column, share their tables; a thread keeps the latest of them. */
const KEPT_BYTES_MAX = 8 << 20;
const kept = new Map<string, TapTable>();
let keptBytes = 0;

export function tapTable(request: TableRequest): TapTable {
  const { axis, start, count, form, step, origin, lanes, spare } = request;
  const key = [axis.filter, axis.from, axis.to, start, count, form, step, origin, lanes, spare].join();
  const known = kept.get(key);
  if (known !== undefined) return known;
  const table = build(request);
  if (table.bytes.length > KEPT_BYTES_MAX) return table;
  for (const [old, { bytes }] of kept) {
    if (keptBytes + table.bytes.length <= KEPT_BYTES_MAX) break;
    kept.delete(old);
    keptBytes -= bytes.length;
  }
  kept.set(key, table);
  keptBytes += table.bytes.length;
  return table;
}

function build({ axis, start, count, form, step, origin, lanes, spare }: TableRequest): TapTable {
  const weights = new Float64Array(tapsOf(axis));
  const taps = Math.ceil(weights.length / lanes) * lanes;
  // Records stay whole 32-bit words: one more weight of 0 where Q14 weights are odd in number.
  const record = form === "q14" ? 4 + 4 * Math.ceil(taps / 2) : 4 + 4 * taps;
  const bytes = new Uint8Array(record * (count + spare));
  for (let i = 0; i < count; i++) {
    const at = i * record;
    new Uint32Array(bytes.buffer, at, 1)[0] = (firstTap(axis, start + i) - origin) * step;
    weightsAt(axis, start + i, weights);
    if (form === "f32") new Float32Array(bytes.buffer, at + 4, taps).set(weights);
    else toQ14(weights, new Int16Array(bytes.buffer, at + 4, taps));
  }
  for (let i = count; i < count + spare; i++)
    bytes.copyWithin(i * record, (count - 1) * record, count * record);
  return { taps, bytes };
}

/** Rounds so that the sum stays exactly 1: the largest weight takes what the rounding left. */
function toQ14(weights: Float64Array, out: Int16Array): void {
  let rest = 16384;
  let largest = 0;
  weights.forEach((weight, tap) => {
    const rounded = Math.round(weight * 16384);
    out[tap] = rounded;
    rest -= rounded;
    if (weight > weights[largest]!) largest = tap;
  });
  out[largest] = out[largest]! + rest;
}
